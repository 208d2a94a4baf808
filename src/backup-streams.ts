/** A state's file as streams of the application, and as chunks of the engine. */
import { badArgument, reading } from './wallet/plain.ts'
import type { Engine, ExportedState, ImportSummary } from './worker/engine.ts'

/** The file, chunk by chunk: the next one is asked for when the one before has been taken. */
export function exportStream(engine: Engine, id: number): ReadableStream<Uint8Array> {
  let state: ExportedState | null = null
  let at = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        state ??= await engine.openExport(id)
        const chunk = await engine.readExport(id, state, at)
        if (chunk === null) return controller.close()
        at += chunk.length
        controller.enqueue(chunk)
      },
      cancel: () => engine.abort(id),
    },
    { highWaterMark: 0 }, // nothing is read before somebody asks
  )
}

/** The stream of a file. Throws `badArgument`. */
export function fileStreamOf(file: unknown): ReadableStream<Uint8Array> {
  const expected = 'a Blob, or a ReadableStream of bytes that nobody reads'
  const stream = reading('file', expected, file, () => {
    const { stream, getReader, locked } = Object(file) as Partial<Blob & ReadableStream<Uint8Array>>
    if (typeof getReader === 'function') return locked === true ? null : (file as ReadableStream<Uint8Array>)
    return typeof stream === 'function' ? (file as Blob).stream() : null
  })
  if (stream === null) throw badArgument('file', expected, file)
  return stream
}

/** Feeds a file to the engine. The stream is ours: it is cancelled, if the engine wants no more of it. */
export async function importStream(
  engine: Engine,
  id: number,
  stream: ReadableStream<Uint8Array>,
  root: string | null,
): Promise<ImportSummary> {
  const imported = engine.import(id, root)
  const reader = stream.getReader()
  // An import that ends while the application's stream is silent does not wait for it.
  const ended = imported.then(
    () => false,
    () => false,
  )
  let at = 0
  /** False: that was the last chunk, or no more is wanted. */
  const feedNext = async (): Promise<boolean> => {
    const { value, done } = await reader.read()
    if (done) {
      await engine.feed(id, at, null)
      return false
    }
    const chunk = chunkOf(value)
    const isWanted = engine.feed(id, at, chunk)
    at += chunk.length
    return isWanted
  }
  try {
    while (await Promise.race([feedNext(), ended]));
  } catch (error) {
    await engine.cancel(id)
    await ended
    throw error
  } finally {
    reader.cancel().catch(() => {}) // a stream that has failed cannot be cancelled either
  }
  return imported
}

/** Whoever fills the stream may have put anything into it. Throws `badArgument`. */
function chunkOf(value: unknown): Uint8Array {
  if (!ArrayBuffer.isView(value)) throw badArgument('a chunk of the file', 'a Uint8Array', value)
  return value instanceof Uint8Array ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

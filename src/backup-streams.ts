/** Adapts a state's file: streams on the side of the application, chunks on the side of the engine. */
import { badArgument, reading } from './wallet/plain.ts'
import type { Engine, ExportedState, ImportSummary } from './worker/engine.ts'

/** Returns the file as a stream. The stream asks for a chunk only when the previous one has been taken. */
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

/** Returns the stream of a file. Throws `badArgument`. */
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

/** Feeds a file to the engine. Takes over the stream, and cancels the stream if the engine wants no more. */
export async function importStream(
  engine: Engine,
  id: number,
  stream: ReadableStream<Uint8Array>,
  root: string | null,
): Promise<ImportSummary> {
  const imported = engine.import(id, root)
  const reader = stream.getReader()
  // An import ending early does not wait for a silent stream of the application.
  const ended = imported.then(
    () => false,
    () => false,
  )
  let at = 0
  /** Feeds one chunk. Resolves with false after the last chunk, or if the engine wants no more. */
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

/** Returns a chunk as bytes: a stream of the application may contain anything. Throws `badArgument`. */
function chunkOf(value: unknown): Uint8Array {
  if (!ArrayBuffer.isView(value)) throw badArgument('a chunk of the file', 'a Uint8Array', value)
  return value instanceof Uint8Array ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

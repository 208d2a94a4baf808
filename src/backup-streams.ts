/** A state's file as streams of the application, and as chunks of the engine. */
import type { Engine, ImportSummary } from './worker/engine.ts'

/** The file, chunk by chunk: the next one is asked for when the one before has been taken. */
export function exportStream(engine: Engine, id: number): ReadableStream<Uint8Array> {
  let opened: Promise<void> | null = null
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        opened ??= engine.openExport(id)
        await opened
        const chunk = await engine.readExport(id)
        if (chunk === null) controller.close()
        else controller.enqueue(chunk)
      },
      cancel: () => engine.abort(id),
    },
    { highWaterMark: 0 }, // nothing is read before somebody asks
  )
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
  try {
    while (await Promise.race([feedNext(engine, id, reader), ended]));
  } catch (error) {
    await engine.cancel(id)
    await ended
    throw error
  } finally {
    reader.cancel().catch(() => {}) // a stream that has failed cannot be cancelled either
  }
  return imported
}

/** False: that was the last chunk, or no more is wanted. */
async function feedNext(engine: Engine, id: number, reader: ReadableStreamDefaultReader<Uint8Array>): Promise<boolean> {
  const { value, done } = await reader.read()
  return (await engine.feed(id, done ? null : value)) && !done
}

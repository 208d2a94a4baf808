/** Calls outliving the writer that answers them: the fate of each when the writer ends half-way. */
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { exportStream, importStream } from '../backup-streams.ts'
import { settle } from '../testing/manual-clock.ts'
import type { Engine } from './engine.ts'
import { NEWER, OLDER, type OpenTab, Tabs } from './tabs/tab-fixture.suite.ts'

/** Opens tabs. The first one writes, and has completed the older state. */
async function synced(...names: string[]) {
  const tabs = new Tabs()
  const open: OpenTab[] = []
  for (const name of names) open.push(await tabs.open(name))
  await complete(open[0]!, OLDER)
  return { tabs, open, first: open[0]!, second: open[1]!, third: open[2]! }
}

async function complete({ engine, engines }: OpenTab, root: string): Promise<void> {
  const done = engine.sync(0, { root })
  await settle()
  await engines.at(-1)!.finish()
  await done
}

/** Lets promises settle until this one has. */
async function settled<T>(promise: Promise<T>): Promise<T> {
  let isOver = false
  const over = () => {
    isOver = true
  }
  promise.then(over, over)
  for (let turn = 0; !isOver && turn < 200; turn++) await settle()
  expect(isOver).toBe(true)
  return promise
}

/** Returns the chunks of an export; calls `between` with the number of chunks so far. */
async function chunksOf(engine: Engine, between: (count: number) => Promise<void> = async () => {}) {
  const reader = exportStream(engine, 5).getReader()
  const chunks: Uint8Array[] = []
  for (;;) {
    const { value, done } = await settled(reader.read())
    if (done) return chunks
    chunks.push(value)
    await between(chunks.length)
  }
}

const hexOf = (chunks: readonly Uint8Array[]) => bytesToHex(concatBytes(...chunks))

/** Returns a file as a stream, and counts the chunks taken. */
function streamOf(file: Uint8Array, chunkBytes: number, onTaken: (count: number) => void = () => {}) {
  let count = 0
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = file.subarray(count * chunkBytes, (count + 1) * chunkBytes)
        if (chunk.length === 0) return controller.close()
        count++
        onTaken(count)
        controller.enqueue(chunk)
      },
    },
    { highWaterMark: 0 },
  )
}

describe('calls that live longer than a writer', () => {
  test('behavior: an export goes on with the next writer: the same bytes, wherever the one before was killed', async () => {
    const whole = await chunksOf((await synced('a', 'b')).second.engine)
    expect(whole.length).toBeGreaterThan(8)
    for (let killedAt = 1; killedAt <= whole.length; killedAt++) {
      const { first, second } = await synced('a', 'b')
      const chunks = await chunksOf(second.engine, async (count) => {
        if (count === killedAt) first.tab.kill()
        await settle()
      })
      expect(hexOf(chunks)).toBe(hexOf(whole))
    }
  })

  test('behavior: an export goes on also if its writer dies while it is asked, and when nobody had been told of it', async () => {
    const whole = hexOf(await chunksOf((await synced('a', 'b')).second.engine))
    const { tabs, first, second } = await synced('a', 'b')
    const chunks = await chunksOf(second.engine, async (count) => {
      if (count !== 2) return
      first.tab.freeze() // it is asked for the next chunk, and does not answer
      void tabs.waitOutSilence()
    })
    expect(hexOf(chunks)).toBe(whole)
  })

  test('behavior: the export of a writer that was frozen goes on with the tab that replaced it', async () => {
    const whole = hexOf(await chunksOf((await synced('a', 'b')).second.engine))
    const { tabs, first, second } = await synced('a', 'b')
    const chunks = await chunksOf(first.engine, async (count) => {
      if (count !== 3) return
      first.tab.freeze()
      await tabs.waitOutSilence()
      await first.tab.thaw()
      await settle()
    })
    expect(hexOf(chunks)).toBe(whole)
    expect(await second.engine.role()).toBe('writer')
  })

  test('behavior: an export stays one of its own state, though the next writer completes another', async () => {
    const whole = hexOf(await chunksOf((await synced('a', 'b')).second.engine))
    const { first, second, third } = await synced('a', 'b', 'c')
    const chunks = await chunksOf(third.engine, async (count) => {
      if (count !== 2) return
      first.tab.kill()
      await settle()
      await complete(second, NEWER)
    })
    expect(hexOf(chunks)).toBe(whole)
  })

  test('error: an export whose state is gone fails, and does not end as if it were whole', async () => {
    const { first, second } = await synced('a', 'b')
    const chunks = chunksOf(second.engine, async (count) => {
      if (count !== 2) return
      await first.engine.wipe()
      first.tab.kill()
      await settle()
    })
    await expect(chunks).rejects.toMatchObject({ code: 'exportGone', details: { root: OLDER } })
  })

  test('error: a chunk of an export that nobody has opened is no end', async () => {
    const { engines } = (await synced('a')).first
    const [engine] = engines
    await engine!.wipe()
    await expect(engine!.readExport(99, { root: OLDER, blockNumber: null }, 0)).rejects.toMatchObject({
      code: 'exportGone',
    })
  })

  test('error: an import whose writer ends half-way says so, and not that the file is damaged; done again it is whole', async () => {
    const file = concatBytes(...(await chunksOf((await synced('a', 'b')).second.engine)))
    const { tabs, first, second } = await synced('a', 'b')
    await first.engine.wipe()
    const imported = importStream(
      second.engine,
      3,
      streamOf(file, 1000, (count) => {
        if (count === 4) first.tab.kill()
      }),
      OLDER,
    )
    await expect(settled(imported)).rejects.toMatchObject({ code: 'importCutOff' })
    expect(tabs.log).toContain('b opens')
    expect(await settled(importStream(second.engine, 4, streamOf(file, 1000), OLDER))).toMatchObject({ root: OLDER })
    expect(await settled(second.engine.verify(5))).toMatchObject({ root: OLDER, whole: true })
  })

  test('behavior: an import whose writer ends before it has had anything goes on with the next one', async () => {
    const file = concatBytes(...(await chunksOf((await synced('a', 'b')).second.engine)))
    const { first, second } = await synced('a', 'b')
    await first.engine.wipe()
    first.tab.freeze() // it is asked, and does not answer
    const imported = importStream(second.engine, 3, streamOf(file, 1000), OLDER)
    await settle()
    first.tab.kill()
    expect(await settled(imported)).toMatchObject({ root: OLDER })
  })

  test('behavior: a verification begins again with the next writer, and has the same result', async () => {
    const { first, second } = await synced('a', 'b')
    const expected = await settled(second.engine.verify(1))
    const verified = second.engine.verify(2)
    first.tab.kill()
    expect(await settled(verified)).toEqual(expected)
    expect(expected).toMatchObject({ root: OLDER, whole: true })
  })

  test('behavior: a cancelled sync is not begun again by the next writer', async () => {
    const { first, third } = await synced('a', 'b', 'c')
    const done = third.engine.sync(1, { root: NEWER })
    done.catch(() => {})
    await settle()
    first.tab.freeze()
    const cancelled = third.engine.cancel(1)
    await settle()
    first.tab.kill()
    await settled(cancelled)
    await expect(settled(done)).rejects.toMatchObject({ code: 'cancelled' })
  })
})

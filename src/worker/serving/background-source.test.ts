import { describe, expect, test } from 'vitest'
import { ManualClock, settle } from '../../testing/manual-clock.ts'
import type { NodeSource } from '../../trie/node-source.ts'
import { ROOT_PATH } from '../../trie/path.ts'
import { UPLOAD_BURST_MS } from '../constants.ts'
import { BackgroundSource, type BackgroundSourceOptions } from './background-source.ts'
import { ForegroundWork } from './foreground-work.ts'

const ROOT = new Uint8Array(32).fill(1)
const REF = { path: ROOT_PATH, hash: ROOT }
const NOTHING = new Uint8Array()

/** A background source over a source with runs answered by the test. */
function setUp(options: Partial<BackgroundSourceOptions> = {}) {
  const clock = new ManualClock()
  const reads: ((bytes: number) => void)[] = []
  const source: NodeSource = {
    has: () => true,
    run: () => new Promise((resolve) => reads.push((bytes) => resolve(new Uint8Array(bytes)))),
    path: async () => Uint8Array.of(1),
    code: async () => Uint8Array.of(2),
  }
  const background = new BackgroundSource({
    source,
    uploadBytesPerSecond: 1000,
    maxRequests: 2,
    clock,
    foreground: new ForegroundWork(),
    ...options,
  })
  return { clock, reads, background, run: () => background.run(ROOT, REF, 0, 1000) }
}

/** Work that lasts until the test ends the work. */
function endless() {
  let end = () => {}
  const promise = new Promise<void>((resolve) => {
    end = resolve
  })
  return { promise, end: () => end() }
}

describe('BackgroundSource', () => {
  test('default: hands on what it is asked for', async () => {
    const { background, reads, run } = setUp()
    const asked = run()
    await settle()
    reads[0]?.(3)
    expect(await asked).toHaveLength(3)
    expect(background.has(ROOT)).toBe(true)
    expect(await background.path(ROOT, REF, ROOT_PATH)).toEqual(Uint8Array.of(1))
    expect(await background.code(ROOT)).toEqual(Uint8Array.of(2))
  })

  test('options: no more requests at a time, in the order in which they came', async () => {
    const { reads, run } = setUp()
    const order: number[] = []
    const asked = [0, 1, 2, 3].map((i) => run().then(() => order.push(i)))
    await settle()
    expect(reads.length).toBe(2)
    reads[0]?.(1)
    await settle()
    expect(reads.length).toBe(3)
    for (let i = 1; i < 4; i++) {
      reads[i]?.(1)
      await settle()
    }
    await Promise.all(asked)
    expect(order).toEqual([0, 1, 2, 3])
  })

  test('behavior: one at a time while a sync of our own runs, and more when it has ended', async () => {
    const foreground = new ForegroundWork()
    const { reads, run } = setUp({ foreground })
    const sync = endless()
    void foreground.sync(() => sync.promise)
    void Promise.all([run(), run(), run()])
    await settle()
    expect(reads.length).toBe(1)
    sync.end()
    await settle()
    reads[0]?.(1)
    await settle()
    expect(reads.length).toBe(3)
  })

  test('behavior: what the tab does for itself goes first', async () => {
    const foreground = new ForegroundWork()
    const { reads, run } = setUp({ foreground })
    const read = endless()
    void foreground.read(() => read.promise)
    void run()
    await settle()
    expect(reads.length).toBe(0)
    read.end()
    await settle()
    expect(reads.length).toBe(1)
  })

  test('options: no more bytes a second, but for a burst', async () => {
    const { clock, reads, run } = setUp()
    const first = run()
    await settle()
    reads[0]?.(4000)
    await first
    void run()
    await clock.pass(4000 - UPLOAD_BURST_MS - 1)
    expect(reads.length).toBe(1)
    await clock.pass(2)
    expect(reads.length).toBe(2)
  })

  test('behavior: while it is paused there is nothing, not even what was being read', async () => {
    const { background, reads, run } = setUp()
    const asked = run()
    await settle()
    background.pause()
    reads[0]?.(10)
    expect(await asked).toEqual(NOTHING)
    expect(background.has(ROOT)).toBe(false)
    expect(await background.path(ROOT, REF, ROOT_PATH)).toEqual(NOTHING)
    expect(await background.code(ROOT)).toBeUndefined()
    background.resume()
    expect(await background.code(ROOT)).toEqual(Uint8Array.of(2))
  })
})

import { describe, expect, test } from 'vitest'
import { ManualClock, settle } from '../../testing/manual-clock.ts'
import type { NodeSource } from '../../trie/node-source.ts'
import { ROOT_PATH } from '../../trie/path.ts'
import { UPLOAD_BURST_MS } from '../constants.ts'
import { PoliteSource, type PoliteSourceOptions } from './background-source.ts'
import { OwnWork } from './foreground-work.ts'

const ROOT = new Uint8Array(32).fill(1)
const REF = { path: ROOT_PATH, hash: ROOT }
const NOTHING = new Uint8Array()

/** A source whose runs are answered when the test says so, and a polite one over it. */
function setUp(options: Partial<PoliteSourceOptions> = {}) {
  const clock = new ManualClock()
  const reads: ((bytes: number) => void)[] = []
  const source: NodeSource = {
    has: () => true,
    run: () => new Promise((resolve) => reads.push((bytes) => resolve(new Uint8Array(bytes)))),
    path: async () => Uint8Array.of(1),
    code: async () => Uint8Array.of(2),
  }
  const polite = new PoliteSource({
    source,
    uploadBytesPerSecond: 1000,
    maxRequests: 2,
    clock,
    ownWork: new OwnWork(),
    ...options,
  })
  return { clock, reads, polite, run: () => polite.run(ROOT, REF, 0, 1000) }
}

/** Something that lasts until the test ends it. */
function endless() {
  let end = () => {}
  const promise = new Promise<void>((resolve) => {
    end = resolve
  })
  return { promise, end: () => end() }
}

describe('PoliteSource', () => {
  test('default: hands on what it is asked for', async () => {
    const { polite, reads, run } = setUp()
    const asked = run()
    await settle()
    reads[0]?.(3)
    expect(await asked).toHaveLength(3)
    expect(polite.has(ROOT)).toBe(true)
    expect(await polite.path(ROOT, REF, ROOT_PATH)).toEqual(Uint8Array.of(1))
    expect(await polite.code(ROOT)).toEqual(Uint8Array.of(2))
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
    const ownWork = new OwnWork()
    const { reads, run } = setUp({ ownWork })
    const sync = endless()
    void ownWork.sync(() => sync.promise)
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
    const ownWork = new OwnWork()
    const { reads, run } = setUp({ ownWork })
    const read = endless()
    void ownWork.read(() => read.promise)
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
    const { polite, reads, run } = setUp()
    const asked = run()
    await settle()
    polite.pause()
    reads[0]?.(10)
    expect(await asked).toEqual(NOTHING)
    expect(polite.has(ROOT)).toBe(false)
    expect(await polite.path(ROOT, REF, ROOT_PATH)).toEqual(NOTHING)
    expect(await polite.code(ROOT)).toBeUndefined()
    polite.resume()
    expect(await polite.code(ROOT)).toEqual(Uint8Array.of(2))
  })
})

import { describe, expect, test } from 'vitest'
import { honestPeer } from '../testing/peers.ts'
import { finishSync, startSync } from '../testing/sync-harness.ts'
import {
  CODES,
  dump,
  type Flip,
  fill,
  flipsOf,
  newer,
  older,
  openFlipped,
  readEverything,
  restore,
} from './bit-flip.suite.ts'
import { MemoryRecords } from './database/memory-records.ts'
import type { StateStore } from './state-store.ts'

const filled = new MemoryRecords()
await fill(filled)
const all = await dump(filled.reopen())
/** The bit differs from byte to byte; each of the eight comes equally often. */
const flips = [...flipsOf(all, (at) => (at * 5) % 8)]

/** Names the flip in the error of a failed check. */
async function over(some: readonly Flip[], check: (records: MemoryRecords) => Promise<void>): Promise<void> {
  for (const flip of some) {
    const records = new MemoryRecords()
    await restore(records, all, flip)
    await check(records).catch((cause) => {
      throw new Error(flip.id, { cause })
    })
  }
}

describe('StateStore over a database in which one bit has flipped', () => {
  test('default: there are thousands of places, in every store', () => {
    expect(flips.length).toBeGreaterThan(3000)
    expect(new Set(flips.map(({ from }) => from.store))).toEqual(new Set(['pages', 'codes', 'wanted', 'meta']))
  })

  // Every second place: the browser's test samples others.
  test.each(
    partsOf(
      flips.filter((_, i) => i % 2 === 0),
      600,
    ),
  )('behavior: every read gives the right answer or a coded error: part %i', async (_, part) => {
    await over(part, async (records) => {
      const store = await openFlipped(records)
      if (store !== null) await readEverything(store)
    })
  })

  test('behavior: only a damaged schema has to be wiped', async () => {
    const meta = flips.filter(({ from }) => from.store === 'meta' && from.key !== 'schema')
    await over(meta, async (records) => {
      const store = await openFlipped(records)
      expect(store?.lastComplete()).toMatchObject({ root: older.trie.root, intact: true, blockNumber: 5 })
      expect(await readEverything(store!)).toBe(0)
    })
  })

  // A sync for each flip would take long: all kinds of flips, but only a part of the bytes.
  const some = flips.filter(({ id }, i) => i % (id.includes('byte') || id.includes('key') ? 19 : 3) === 0)
  test.each(partsOf(some, 100))('behavior: a sync heals it: part %i', async (_, part) => {
    await over(part, async (records) => {
      const store = await openFlipped(records)
      if (store === null) return
      await readEverything(store)
      await heal(store, older)
      await heal(store, newer)
    })
  })
})

function partsOf(list: readonly Flip[], size: number): [number: number, part: readonly Flip[]][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => [i + 1, list.slice(i * size, (i + 1) * size)])
}

/** Syncs to `state` until all reads are right. A page is read only when asked for, so one sync may not be enough. */
async function heal(store: StateStore, { trie }: typeof older): Promise<void> {
  const sequence = trie.nodes.map(({ path, blob }) => [path, blob] as const)
  for (let round = 0; round < 3; round++) {
    const run = await finishSync(await startSync(trie.root, [honestPeer({ sequence, codes: CODES })], { store }))
    expect(run.outcome).toMatchObject({ phase: 'complete' })
    if ((await readEverything(store)) === 0) break
  }
  expect(store.lastComplete()).toMatchObject({ root: trie.root, intact: true })
  expect(await store.verify()).toMatchObject({ whole: true, nodes: trie.nodes.length })
}

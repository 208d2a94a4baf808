import { describe, expect, test } from 'vitest'
import { type Backend, damagePage, hashOf, pagesOf, stateOf } from '../fixture.suite.ts'
import { META_KEY } from '../format/meta.ts'
import { RECORD_STORES, type RecordStore } from '../format/record-types.ts'
import { StateStore } from '../state-store.ts'
import type { Records } from './records.ts'

const { trie, codes } = stateOf(60)
const pages = pagesOf(trie.nodes)
const { root } = trie
const fenced = { code: 'fenced' }

export function fenceSuite(backend: Backend): void {
  const writer = async () => StateStore.writer(await backend.connect())
  const reader = async () => StateStore.reader(await backend.connect())

  /** Reads everything on disk. */
  const dump = async () => {
    const records = await backend.connect()
    const stores = await Promise.all(RECORD_STORES.map((store) => entriesOf(records, store)))
    records.close()
    return stores
  }

  /** A complete state, and its writer. */
  const completed = async () => {
    const store = await writer()
    const generation = await store.target({ root })
    await generation.commit(pages, codes)
    await generation.complete()
    return store
  }

  describe('StateStore.writer', () => {
    test('default: each writer has the next number, and goes on where the last one was', async () => {
      const first = await writer()
      const generation = await first.target({ root })
      await generation.commit(pages.slice(0, 3), codes)
      const second = await writer()
      const again = await second.target({ root })
      expect((await again.contents()).stretches).toEqual([{ start: '', end: pages[2]!.end }])
      await again.commit(pages.slice(3), [])
      await again.complete()
      const records = await backend.connect()
      expect(await records.get('meta', META_KEY.fence)).toBe(2)
      for (const open of [first, second, records]) await open.close()
    })

    test('error: of the writer before, every write is fenced and changes nothing', async () => {
      const late = await completed()
      const generation = await late.target({ root: hashOf('unfinished') })
      await generation.commit(pages.slice(0, 3), [])
      const store = await writer()
      const before = await dump()
      await expect(generation.commit(pages.slice(3), [])).rejects.toMatchObject({
        code: 'fenced',
        details: { expected: 1, got: 2 },
      })
      await expect(generation.keepLoose([pages[5]!.bytes])).rejects.toMatchObject(fenced)
      await expect(late.target({ root: hashOf('other') })).rejects.toMatchObject(fenced)
      await expect(late.target({ root, blockNumber: 9 })).rejects.toMatchObject(fenced)
      await expect((await late.target({ root })).complete()).rejects.toMatchObject(fenced)
      await expect(late.wipe()).rejects.toMatchObject(fenced)
      expect(await dump()).toEqual(before)
      for (const open of [late, store]) await open.close()
    })

    test('error: damage that the writer before finds is left to the one that is', async () => {
      const late = await completed()
      const store = await writer()
      await damagePage(backend, pages[1]!.start, () => undefined)
      const before = await dump()
      const node = trie.nodes.find(({ path }) => path === pages[1]!.start)!
      await expect(late.reader(1).node(node.path, node.hash)).rejects.toMatchObject(fenced)
      expect(await dump()).toEqual(before)
      await expect(store.reader(1).node(node.path, node.hash)).rejects.toMatchObject({ code: 'damagedPage' })
      for (const open of [late, store]) await open.close()
    })

    test('behavior: two that become the writer at once end with one of them', async () => {
      const both = await Promise.all([writer(), writer()])
      const outcomes = await Promise.allSettled(both.map((store) => store.target({ root })))
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      for (const store of both) await store.close()
    })

    test('behavior: who wipes the database stays its writer, and the one before stays fenced', async () => {
      const late = await writer()
      const store = await writer()
      await store.wipe()
      expect((await store.target({ root })).number).toBe(1)
      await expect(late.target({ root })).rejects.toMatchObject(fenced)
      for (const open of [late, store]) await open.close()
    })

    test('behavior: a fencing number that was damaged is begun anew', async () => {
      const late = await writer()
      const records = await backend.connect()
      await records.write([{ kind: 'put', store: 'meta', key: META_KEY.fence, value: 'x' }], 'strict')
      await expect(late.target({ root })).rejects.toMatchObject({ code: 'fenced', details: { got: null } })
      const store = await writer()
      expect((await store.target({ root })).number).toBe(1)
      for (const open of [late, store, records]) await open.close()
    })
  })

  describe('StateStore.reader', () => {
    test('default: reads what is complete, beside the writer', async () => {
      const store = await completed()
      const view = await reader()
      expect(view.lastComplete()).toMatchObject({ generation: 1, root })
      const { path, hash, blob } = trie.nodes[7]!
      expect(await view.reader(1).node(path, hash)).toEqual(blob)
      for (const open of [store, view]) await open.close()
    })

    test('error: whatever would write is fenced, damage found for one', async () => {
      const store = await completed()
      const view = await reader()
      await damagePage(backend, pages[1]!.start, () => undefined)
      const before = await dump()
      const node = trie.nodes.find(({ path }) => path === pages[1]!.start)!
      await expect(view.reader(1).node(node.path, node.hash)).rejects.toMatchObject(fenced)
      await expect(view.target({ root: hashOf('other') })).rejects.toMatchObject(fenced)
      await expect(view.wipe()).rejects.toMatchObject(fenced)
      expect(await dump()).toEqual(before)
      for (const open of [store, view]) await open.close()
    })
  })
}

async function entriesOf(records: Records, store: RecordStore): Promise<unknown[]> {
  const keys = await records.keys(store)
  return Promise.all(keys.map(async (key) => [key, await records.get(store, key)]))
}

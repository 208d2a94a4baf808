import { describe, expect, test } from 'vitest'
import { type Backend, countsOf, pagesOf, stateOf, WatchedRecords } from '../fixture.suite.ts'
import { StateStore } from '../state-store.ts'

const older = stateOf(60, 'older')
const newer = stateOf(60, 'newer')
const abandoned = stateOf(20, 'abandoned')

export function storageSuite(backend: Backend): void {
  const open = async () => {
    const records = new WatchedRecords(await backend.connect())
    return { records, store: await StateStore.over(records) }
  }

  describe('StateStore.storage', () => {
    test('default: an empty store holds nothing', async () => {
      const { store } = await open()
      expect(store.storage()).toEqual({ generations: [], codes: { count: 0, bytes: 0 }, deadBytes: 0 })
      await store.close()
    })

    test('behavior: each generation by what its pages hold; dead is what neither reads nor the target need', async () => {
      const { store } = await open()
      const [all, few, some] = [pagesOf(older.trie.nodes), pagesOf(abandoned.trie.nodes), pagesOf(newer.trie.nodes)]
      const complete = await store.target({ root: older.trie.root, blockNumber: 5 })
      await complete.commit(all, older.codes)
      await complete.complete()
      await (await store.target({ root: abandoned.trie.root })).commit(few, [])
      const target = await store.target({ root: newer.trie.root })
      await target.commit(some.slice(2), [])
      await target.keepLoose([some[0]!.bytes])
      await store.close()

      const { store: reopened, records } = await open()
      const reads = records.reads
      const { generations, codes, deadBytes } = reopened.storage()
      expect(records.reads).toBe(reads)
      const held = (pages: typeof all) => {
        const { nodes, bytes } = countsOf(pages)
        return { nodes, bytes, pages: pages.length }
      }
      expect(generations).toEqual([
        {
          generation: 3,
          root: newer.trie.root,
          blockNumber: null,
          complete: false,
          whole: true,
          ...held(some.slice(2)),
          loose: 1,
        },
        {
          generation: 2,
          root: abandoned.trie.root,
          blockNumber: null,
          complete: false,
          whole: true,
          ...held(few),
          loose: 0,
        },
        { generation: 1, root: older.trie.root, blockNumber: 5, complete: true, whole: true, ...held(all), loose: 0 },
      ])
      const codeBytes = older.codes.reduce((sum, { bytes }) => sum + bytes.length, 0)
      expect(codes).toEqual({ count: older.codes.length, bytes: codeBytes })
      expect(deadBytes).toBe(countsOf(few).bytes)
      await reopened.close()
    })
  })
}

import { describe, expect, test } from 'vitest'
import { Scope } from '../../trie/scope.ts'
import { type Backend, hashOf, pagesOf, stateOf, WatchedRecords } from '../fixture.suite.ts'
import { decodePageKey } from '../format/page-key.ts'
import { StateStore } from '../state-store.ts'

const { trie, codes } = stateOf(60)
const pages = pagesOf(trie.nodes)
const newer = stateOf(60, 'newer')
const { root } = trie

export function compactionSuite(backend: Backend): void {
  const open = async () => StateStore.over(await backend.connect())
  const complete = async (store: StateStore, state = { trie, codes }) => {
    const generation = await store.target({ root: state.trie.root, blockNumber: 7 })
    await generation.commit(pagesOf(state.trie.nodes), state.codes)
    await generation.complete()
  }

  describe('StateStore.compaction', () => {
    /** A compaction ready to complete, of a state in far too small pages. */
    const compaction = async (store: StateStore) => {
      const generation = await store.target({ root })
      await generation.commit(pagesOf(trie.nodes, 100), codes)
      await generation.complete()
      const dense = await store.compaction()
      await dense!.commit(pages, [])
      return dense!
    }

    test('behavior: nothing is to be compacted before there is a complete state, nor in a small and dense one', async () => {
      const store = await open()
      expect(await store.compaction()).toBeNull()
      await complete(store)
      expect(await store.compaction()).toBeNull()
      await store.close()
    })

    test('behavior: a compaction that was cut short goes on, that of another state does not', async () => {
      const store = await open()
      expect((await compaction(store)).number).toBe(2)
      await store.close()
      const reopened = await open()
      const again = await reopened.compaction()
      expect(again?.number).toBe(2)
      expect(await again?.contents()).toMatchObject({
        base: null,
        scope: Scope.ALL,
        baseScope: Scope.ALL,
        hasOlder: false,
        stretches: [{ start: '', end: 'g' }],
      })
      expect((await reopened.target({ root })).number).toBe(1)
      await complete(reopened, newer)
      expect((await reopened.compaction())?.number).toBe(4)
      await reopened.close()
    })

    test('behavior: a complete compaction deletes all other generations, pages, wanted codes and records', async () => {
      const store = await open()
      await store.target({ root: hashOf('abandoned') })
      const dense = await compaction(store)
      const abandoned = await store.target({ root: hashOf('abandoned') })
      const reader = store.reader(2)
      await dense.complete()
      expect(dense.number).toBe(3)
      const [, node] = trie.nodes as [unknown, (typeof trie.nodes)[0]]
      expect(await reader.node(node.path, node.hash)).toEqual(node.blob) // the state lives on in the compaction
      expect(store.lastComplete()).toMatchObject({ generation: 3, root, intact: true })
      const records = await backend.connect()
      const keys = await records.keys('pages')
      expect(keys.map((key) => decodePageKey(key)?.generation)).toEqual(pages.map(() => 3))
      expect(await records.keys('meta')).toEqual([
        'complete',
        'fence',
        'generation:3',
        'generation:4',
        'oldest',
        'schema',
        'target',
      ])
      records.close()
      await abandoned.contents()
      await store.close()
    })

    test('error: calls of a generation that a compaction made superfluous are generationGone', async () => {
      const store = await open()
      const dense = await compaction(store)
      const old = await store.target({ root })
      expect(old.number).toBe(1)
      await dense.complete()
      const gone = { code: 'generationGone' }
      await expect(old.commit(pages, [])).rejects.toMatchObject(gone)
      await expect(old.contents()).rejects.toMatchObject(gone)
      await expect(old.node(trie.nodes[0]!.path, trie.nodes[0]!.hash)).rejects.toMatchObject(gone)
      await expect(old.complete()).rejects.toMatchObject(gone)
      await store.close()
    })

    test('behavior: a deletion that was cut short goes on at the next opening', async () => {
      const records = new WatchedRecords(await backend.connect())
      const store = await StateStore.over(records)
      const dense = await compaction(store)
      records.failAfter = records.writes.length + 1 // only the completing transaction
      await dense.complete()
      expect(store.lastComplete()?.generation).toBe(2)
      await store.close()
      const reopened = await open()
      const left = await backend.connect()
      expect(await left.keys('pages')).toHaveLength(pages.length)
      expect(await left.keys('meta')).not.toContain('generation:1')
      left.close()
      await reopened.close()
    })
  })
}

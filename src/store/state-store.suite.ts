import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { EMPTY_ROOT } from '../trie/account.ts'
import { Scope } from '../trie/scope.ts'
import { type Backend, codeOf, hashOf, pagesOf, stateOf, WatchedRecords } from './fixture.suite.ts'
import type { RecordStore } from './format/record-types.ts'
import { StateStore } from './state-store.ts'

const { trie, codes } = stateOf(60)
const pages = pagesOf(trie.nodes)
const newer = stateOf(60, 'newer')
const { root } = trie

export function stateStoreSuite(backend: Backend): void {
  const open = async () => StateStore.over(await backend.connect())
  const complete = async (store: StateStore, state = { trie, codes }, blockNumber = 7) => {
    const generation = await store.target({ root: state.trie.root, blockNumber })
    await generation.commit(pagesOf(state.trie.nodes), state.codes)
    await generation.complete()
    return generation
  }

  describe('StateStore', () => {
    test('default: a new store has no complete state', async () => {
      const store = await open()
      expect(store.lastComplete()).toBeNull()
      await store.close()
    })

    test('behavior: the same root is the same generation, another root is the next one', async () => {
      const store = await open()
      const first = await store.target({ root })
      const again = await store.target({ root: new Uint8Array(root) })
      const other = await store.target({ root: hashOf('other') })
      expect([first.number, again.number, other.number]).toEqual([1, 1, 2])
      expect(first.root).toEqual(root)
      await store.close()
    })

    test('behavior: the target is what was to be synced last, also if it was complete already, and after reopening', async () => {
      const store = await open()
      const targetOf = (of: StateStore) => of.newestTarget()?.root
      expect(targetOf(store)).toBeUndefined()
      await complete(store)
      expect(targetOf(store)).toEqual(root)
      await complete(store, newer)
      await store.target({ root: hashOf('abandoned') })
      expect(targetOf(store)).toEqual(hashOf('abandoned'))
      await (await store.target({ root })).complete() // back to an earlier, complete one
      expect([targetOf(store), store.lastComplete()?.root]).toEqual([root, root])
      await store.target({ root: hashOf('abandoned') }) // the newest one goes on
      expect([targetOf(store), store.lastComplete()?.root]).toEqual([hashOf('abandoned'), root])
      await store.close()
      const again = await open()
      expect(targetOf(again)).toEqual(hashOf('abandoned'))
      await (await again.target({ root: newer.trie.root })).complete()
      await again.close()
      const reopened = await open()
      expect(targetOf(reopened)).toEqual(newer.trie.root)
      expect((await StateStore.reader(await backend.connect())).newestTarget()?.root).toEqual(newer.trie.root)
      await reopened.wipe()
      expect(targetOf(reopened)).toBeUndefined()
      await reopened.close()
    })

    test('behavior: two callers who ask for a new root at the same time get one generation', async () => {
      const store = await open()
      const both = await Promise.all([store.target({ root }), store.target({ root })])
      expect(both.map((generation) => generation.number)).toEqual([1, 1])
      await store.close()
    })

    test('behavior: an unfinished generation is found again after reopening', async () => {
      const store = await open()
      await store.target({ root: hashOf('abandoned') })
      const generation = await store.target({ root })
      await generation.commit(pages.slice(0, 3), [])
      await store.close()
      const reopened = await open()
      const again = await reopened.target({ root })
      expect(again.number).toBe(2)
      expect((await again.contents()).stretches).toEqual([{ start: '', end: pages[2]!.end }])
      await reopened.close()
    })

    test('options: onNothingComplete is called before the keys of pages are read, and only if nothing is complete', async () => {
      const unfinished = await open()
      await (await unfinished.target({ root })).commit(pages.slice(0, 3), [])
      await unfinished.close()
      const records = new WatchedRecords(await backend.connect())
      const calls: RecordStore[][] = []
      const onNothingComplete = () => calls.push([...records.keyReads])
      const store = await StateStore.over(records, { onNothingComplete })
      expect(calls).toEqual([['meta']])
      expect(records.keyReads).toContain('pages')
      await (await store.target({ root })).commit(pages.slice(3), codes)
      await (await store.target({ root })).complete()
      await store.close()
      await (await StateStore.over(await backend.connect(), { onNothingComplete })).close()
      expect(calls).toHaveLength(1)
    })

    test('behavior: a page that many want at once is read once', async () => {
      const records = new WatchedRecords(await backend.connect())
      const store = await StateStore.over(records)
      await complete(store)
      const reader = store.reader(1)
      const before = records.reads
      const [{ path, hash, blob }] = trie.nodes as [(typeof trie.nodes)[0]]
      const blobs = await Promise.all(Array.from({ length: 50 }, () => reader.node(path, hash)))
      expect(blobs.every((each) => bytesToHex(each!) === bytesToHex(blob))).toBe(true)
      expect(records.reads - before).toBe(1)
      await store.close()
    })

    test('behavior: the last complete state survives reopening, with its block number', async () => {
      const store = await open()
      await complete(store)
      const expected = { generation: 1, root, blockNumber: 7, header: null, scope: Scope.ALL, intact: true }
      expect(store.lastComplete()).toEqual(expected)
      await store.close()
      const reopened = await open()
      expect(reopened.lastComplete()).toEqual(expected)
      await reopened.close()
    })

    test('behavior: a later block with the same root updates the block number', async () => {
      const store = await open()
      await complete(store)
      await store.target({ root, blockNumber: 9 })
      await store.target({ root })
      expect(store.lastComplete()?.blockNumber).toBe(9)
      await store.close()
    })

    test('behavior: reads stay at the last complete root until the newer one is complete', async () => {
      const store = await open()
      await complete(store)
      const generation = await store.target({ root: newer.trie.root, blockNumber: 8 })
      await generation.commit(pagesOf(newer.trie.nodes), newer.codes)
      expect(store.lastComplete()?.root).toEqual(root)
      expect(await store.reader(1).node(trie.nodes[9]!.path, trie.nodes[9]!.hash)).toEqual(trie.nodes[9]!.blob)
      await generation.complete()
      expect(store.lastComplete()).toMatchObject({ generation: 2, root: newer.trie.root, blockNumber: 8, intact: true })
      await store.close()
    })

    test('behavior: a newer complete state leaves the older ones, which it may rest on', async () => {
      const store = await open()
      await complete(store)
      await complete(store, newer)
      expect(store.lastComplete()).toMatchObject({ generation: 2, intact: true })
      const [, node] = trie.nodes as [unknown, (typeof trie.nodes)[0]]
      expect(await store.reader(1).node(node.path, node.hash)).toEqual(node.blob)
      // Back to the older state, complete already: nothing is written.
      const back = await store.target({ root })
      expect(back.number).toBe(1)
      expect(await back.contents()).toMatchObject({ complete: true })
      await back.complete()
      await store.close()
      const reopened = await open()
      expect(reopened.lastComplete()).toMatchObject({ generation: 1, root, intact: true })
      expect((await reopened.target({ root: newer.trie.root })).number).toBe(2)
      await reopened.close()
    })

    test('behavior: a target that is not the newest generation, and not complete, is a new one', async () => {
      const store = await open()
      await (await store.target({ root })).commit(pages.slice(0, 3), [])
      await store.target({ root: newer.trie.root })
      expect((await store.target({ root })).number).toBe(3)
      await store.close()
    })

    test('behavior: a generation wants the codes that older ones want, until they are stored', async () => {
      const store = await open()
      const never = codeOf('never')
      await (await store.target({ root })).commit([{ ...pages[0]!, codes: [never.hash] }], [])
      const next = await store.target({ root: newer.trie.root })
      expect((await next.contents()).wanted).toEqual([never.hash])
      await store.close()
      const reopened = await open()
      const again = await reopened.target({ root: newer.trie.root })
      await expect(again.complete()).rejects.toMatchObject({ code: 'incomplete' })
      await again.commit(pagesOf(newer.trie.nodes), [...newer.codes, never])
      await again.complete()
      await reopened.close()
    })

    test('behavior: the empty state is complete without pages', async () => {
      const store = await open()
      const generation = await store.target({ root: EMPTY_ROOT })
      await generation.complete()
      await store.close()
      const reopened = await open()
      expect(reopened.lastComplete()).toMatchObject({ generation: 1, intact: true })
      await reopened.close()
    })

    test('behavior: a code is found by its hash, one that is not stored is undefined', async () => {
      const store = await open()
      await complete(store)
      for (const { hash, bytes } of codes) expect(bytesToHex((await store.code(hexOf(hash)))!)).toBe(bytesToHex(bytes))
      expect(await store.code(hashOf('none'))).toBeUndefined()
      await store.close()
    })

    test('behavior: a wiped store is empty, also after reopening, and its generations are gone', async () => {
      const store = await open()
      const generation = await complete(store)
      await store.wipe()
      expect(store.lastComplete()).toBeNull()
      await expect(generation.commit(pages, [])).rejects.toMatchObject({ code: 'generationGone' })
      expect((await store.target({ root })).number).toBe(1)
      await expect(generation.keepLoose([])).rejects.toMatchObject({ code: 'generationGone' })
      await store.close()
      const reopened = await open()
      expect((await (await reopened.target({ root })).contents()).stretches).toEqual([])
      await reopened.close()
    })

    test('error: a closed store rejects every call, and closes twice', async () => {
      const store = await open()
      const generation = await complete(store)
      await store.reader(1).node(trie.nodes[0]!.path, trie.nodes[0]!.hash) // now the page is in the cache
      await Promise.all([store.close(), store.close()])
      const closed = { code: 'databaseClosed' }
      await expect(store.target({ root })).rejects.toMatchObject(closed)
      await expect(generation.contents()).rejects.toMatchObject(closed)
      await expect(generation.commit(pages, [])).rejects.toMatchObject(closed)
      await expect(store.reader(1).node(trie.nodes[0]!.path, trie.nodes[0]!.hash)).rejects.toMatchObject(closed)
      await expect(store.code(hexOf(codes[0]!.hash))).rejects.toMatchObject(closed)
    })

    test('error: closing ends a commit behind the chunk that was written', async () => {
      let closing = Promise.resolve()
      const yieldThread = async () => {
        closing = store.close()
      }
      const store = await StateStore.over(await backend.connect(), { yieldThread })
      const generation = await store.target({ root })
      const big = [1, 2, 3].map((i) => ({ hash: bytesToHex(hashOf(`${i}`)), bytes: new Uint8Array(2 ** 20) }))
      await expect(generation.commit([], big)).rejects.toMatchObject({ code: 'databaseClosed' })
      await closing
      const reopened = await open()
      const contents = await (await reopened.target({ root })).contents()
      expect(contents.codes).toEqual(new Set([big[0]!.hash]))
      expect(contents.codeCounts).toEqual({ count: 1, bytes: 2 ** 20 })
      await reopened.close()
    })

    test('behavior: an unfinished generation whose record makes no sense is dropped with its pages', async () => {
      const store = await open()
      await store.target({ root })
      await store.close()
      const records = await backend.connect()
      await records.write([{ kind: 'put', store: 'meta', key: 'generation:1', value: { generation: 2 } }], 'strict')
      records.close()
      const reopened = await open()
      expect((await (await reopened.target({ root })).contents()).stretches).toEqual([])
      await reopened.close()
    })
  })
}

function hexOf(hash: string): Uint8Array {
  return Uint8Array.from(hash.match(/../g)!, (byte) => Number.parseInt(byte, 16))
}

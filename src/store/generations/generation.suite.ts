import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import type { Page } from '../../sync/disk.ts'
import { END } from '../../trie/path.ts'
import { Scope } from '../../trie/scope.ts'
import { MAX_CHUNK_BYTES } from '../constants.ts'
import {
  type Backend,
  codeOf,
  countsOf,
  hashOf,
  pagesOf,
  sequenceOf,
  stateOf,
  WatchedRecords,
} from '../fixture.suite.ts'
import { StateStore } from '../state-store.ts'

const { trie, codes } = stateOf(150)
const { root, nodes } = trie
const pages = pagesOf(nodes)
const bytes = (list: readonly { readonly bytes: Uint8Array }[]) =>
  list.reduce((sum, item) => sum + item.bytes.length, 0)

export function generationSuite(backend: Backend): void {
  const start = async () => {
    const records = new WatchedRecords(await backend.connect())
    const store = await StateStore.over(records)
    return { records, store, generation: await store.target({ root }) }
  }
  const reopen = async () => {
    const store = await StateStore.over(await backend.connect())
    return { store, generation: await store.target({ root }) }
  }

  describe('Generation', () => {
    test('default: a new generation holds nothing', async () => {
      const { store, generation } = await start()
      expect(await generation.contents()).toEqual({
        complete: false,
        stretches: [],
        loose: [],
        codes: new Set(),
        wanted: [],
        counts: { nodes: 0, bytes: 0, accounts: 0, slots: 0 },
        codeCounts: { count: 0, bytes: 0 },
        base: null,
        scope: Scope.ALL,
        baseScope: Scope.ALL,
        hasOlder: false,
      })
      await store.close()
    })

    test('behavior: what was committed is in the contents, and again after reopening', async () => {
      const { store, generation } = await start()
      await generation.commit(pages, codes)
      await generation.complete()
      const contents = await generation.contents()
      expect(contents).toMatchObject({ complete: true, stretches: [{ start: '', end: END }], wanted: [] })
      expect(contents.counts).toEqual(countsOf(pages))
      expect(contents.counts.accounts).toBe(150)
      expect(contents.codes).toEqual(new Set(codes.map((code) => code.hash)))
      expect(contents.codeCounts).toEqual({ count: codes.length, bytes: bytes(codes) })
      await store.close()
      const again = await reopen()
      expect(await again.generation.contents()).toEqual(contents)
      await again.store.close()
    })

    test('behavior: neighbouring pages are one stretch, whatever the order of their commits', async () => {
      const { store, generation } = await start()
      for (const i of [5, 3, 4, 0, 8]) await generation.commit([pages[i]!], [])
      expect((await generation.contents()).stretches).toEqual([
        { start: '', end: pages[0]!.end },
        { start: pages[3]!.start, end: pages[5]!.end },
        { start: pages[8]!.start, end: pages[8]!.end },
      ])
      await store.close()
    })

    test('behavior: each node is found at its path by its hash', async () => {
      const { store, generation } = await start()
      await generation.commit(pages, codes)
      for (const { path, hash, blob } of nodes) {
        const read = await generation.node(path, hash)
        expect(bytesToHex(read)).toBe(bytesToHex(blob))
      }
      await store.close()
    })

    test('behavior: a commit of more than 10 MiB is written in chunks of at most 1 MiB, with a yield between them', async () => {
      const records = new WatchedRecords(await backend.connect())
      let yields = 0
      const yieldThread = async () => void yields++
      const store = await StateStore.over(records, { yieldThread })
      const generation = await store.target({ root })
      const before = records.writes.length
      const big = bigPages(220)
      await generation.commit(big, [])
      const chunks = records.writes.slice(before).map(({ operations }) => {
        return operations.reduce((sum, operation) => sum + (isPagePut(operation) ? operation.value.length : 0), 0)
      })
      expect(bytes(big)).toBeGreaterThan(10 * 2 ** 20)
      expect(chunks.reduce((a, b) => a + b)).toBe(bytes(big))
      expect(Math.max(...chunks)).toBeLessThanOrEqual(MAX_CHUNK_BYTES)
      expect(yields).toBe(chunks.length - 1)
      expect(new Set(records.writes.slice(before).map((write) => write.durability))).toEqual(new Set(['relaxed']))
      await store.close()
    })

    test('behavior: slow transactions make the chunks smaller', async () => {
      const records = new WatchedRecords(await backend.connect())
      let nowMs = 0
      const store = await StateStore.over(records, { now: () => (nowMs += 100), yieldThread: async () => {} })
      const generation = await store.target({ root })
      const before = records.writes.length
      await generation.commit(bigPages(100), [])
      const sizes = records.writes.slice(before).map((write) => write.operations.length)
      expect(sizes[0]).toBeGreaterThan(15)
      expect(sizes.at(-2)).toBe(1)
      await store.close()
    })

    test('behavior: a commit that fails in the middle leaves a prefix of whole chunks, counts included', async () => {
      const { records, store, generation } = await start()
      const big = bigPages(60)
      records.failAfter = records.writes.length + 2
      await expect(generation.commit(big, codes)).rejects.toMatchObject({ code: 'quotaExceeded' })
      const contents = await generation.contents()
      const written = big.filter((page) => page.end <= contents.stretches[0]!.end)
      expect(written.length).toBeGreaterThan(20)
      expect(written.length).toBeLessThan(60)
      expect(contents.counts).toEqual(countsOf(written))
      expect(contents.codes.size).toBe(0)
      await store.close()
      const again = await reopen()
      expect(await again.generation.contents()).toEqual(contents)
      await again.store.close()
    })

    test('behavior: a commit that failed may be repeated as it was', async () => {
      const { records, store, generation } = await start()
      const big = bigPages(60)
      records.failAfter = records.writes.length + 2
      await expect(generation.commit(big, codes)).rejects.toMatchObject({ code: 'quotaExceeded' })
      records.failAfter = Number.POSITIVE_INFINITY
      await generation.commit(big, codes)
      const contents = await generation.contents()
      expect(contents.counts).toEqual(countsOf(big))
      expect(contents.codeCounts).toEqual({ count: codes.length, bytes: bytes(codes) })
      await store.close()
    })

    test('behavior: commits at the same time are written one after the other', async () => {
      const { store, generation } = await start()
      await Promise.all(pages.map((page) => generation.commit([page], [])))
      expect((await generation.contents()).stretches).toEqual([{ start: '', end: END }])
      await store.close()
    })

    test('error: a page that covers a part of another page, or nothing, is badPage, and nothing of its chunk is written', async () => {
      const { store, generation } = await start()
      await generation.commit([pages[1]!], [])
      const overlapping = { ...pages[0]!, end: pages[1]!.end }
      await expect(generation.commit([overlapping], [])).rejects.toMatchObject({ code: 'badPage' })
      await expect(generation.commit([pages[2]!, { ...pages[2]!, end: END }], [])).rejects.toMatchObject({
        code: 'badPage',
      })
      const empty = { ...pages[3]!, end: pages[3]!.start }
      await expect(generation.commit([pages[2]!, empty], [])).rejects.toMatchObject({ code: 'badPage' })
      expect((await generation.contents()).stretches).toEqual([{ start: pages[1]!.start, end: pages[1]!.end }])
      await store.close()
    })

    test('behavior: a code that a page names is wanted until it is stored', async () => {
      const { records, store, generation } = await start()
      await generation.commit(pages, codes.slice(0, 2))
      const wanted = codes.slice(2).map((code) => code.hash)
      expect(new Set((await generation.contents()).wanted)).toEqual(new Set(wanted))
      await store.close()
      const again = await reopen()
      expect(new Set((await again.generation.contents()).wanted)).toEqual(new Set(wanted))
      await again.generation.commit([], codes)
      expect((await again.generation.contents()).wanted).toEqual([])
      expect(await again.generation.contents()).toMatchObject({
        codeCounts: { count: codes.length, bytes: bytes(codes) },
      })
      await again.store.close()
      expect(records.writes.some(({ operations }) => operations.some(isWantedPut))).toBe(true)
    })

    test('behavior: wanted codes are written in the transaction of the page that names them', async () => {
      const { records, store, generation } = await start()
      const naming = pages.find((page) => page.codes.length > 0)!
      await generation.commit([naming], [])
      const { operations } = records.writes.at(-1)!
      expect(operations.filter(isPagePut)).toHaveLength(1)
      expect(operations.filter(isWantedPut)).toHaveLength(naming.codes.length)
      await store.close()
    })

    test('behavior: storing a code ends its being wanted in every generation', async () => {
      const { store, generation } = await start()
      const other = await store.target({ root: hashOf('other') })
      const code = codeOf('shared')
      await generation.commit([{ ...pages[0]!, codes: [code.hash] }], [])
      await other.commit([{ ...pages[0]!, codes: [code.hash] }], [code])
      expect((await generation.contents()).wanted).toEqual([])
      await store.close()
      const again = await reopen()
      expect((await again.generation.contents()).wanted).toEqual([])
      await again.store.close()
    })

    test('behavior: loose pages cover nothing, and each set replaces the one before', async () => {
      const { store, generation } = await start()
      const [a, b, c] = [0, 20, 40].map((from) => sequenceOf(nodes.slice(from, from + 15)))
      await generation.keepLoose([a!, b!])
      expect(await generation.contents()).toMatchObject({ stretches: [], counts: { nodes: 0 } })
      expect((await generation.contents()).loose).toEqual([a, b])
      await generation.keepLoose([a!, new Uint8Array(), c!])
      await store.close()
      const again = await reopen()
      expect((await again.generation.contents()).loose).toEqual([a, c])
      await again.store.close()
    })

    test('behavior: loose pages are replaced in one transaction', async () => {
      const { records, store, generation } = await start()
      await generation.keepLoose([sequenceOf(nodes.slice(0, 3)), sequenceOf(nodes.slice(9, 12))])
      records.failAfter = records.writes.length
      await expect(generation.keepLoose([sequenceOf(nodes.slice(30, 35))])).rejects.toThrow()
      expect((await generation.contents()).loose).toHaveLength(2)
      records.failAfter++
      const before = records.writes.length
      await generation.keepLoose([sequenceOf(nodes.slice(30, 35))])
      expect(records.writes.length - before).toBe(1)
      expect((await generation.contents()).loose).toHaveLength(1)
      await store.close()
    })

    test('behavior: a loose page may begin where a page begins', async () => {
      const { store, generation } = await start()
      await generation.commit([pages[0]!], [])
      await generation.keepLoose([pages[0]!.bytes])
      await store.close()
      const again = await reopen()
      const contents = await again.generation.contents()
      expect(contents.loose).toEqual([pages[0]!.bytes])
      expect(contents.stretches).toEqual([{ start: '', end: pages[0]!.end }])
      await again.store.close()
    })

    test('behavior: completing is one strict transaction, and the loose pages go in it', async () => {
      const { records, store, generation } = await start()
      await generation.commit(pages, codes)
      await generation.keepLoose([sequenceOf(nodes.slice(0, 3))])
      const before = records.writes.length
      await generation.complete()
      expect(records.writes.slice(before).map((write) => write.durability)).toEqual(['strict'])
      expect(await generation.contents()).toMatchObject({ complete: true, loose: [] })
      await generation.complete()
      expect(store.lastComplete()?.generation).toBe(1)
      await store.close()
      const again = await reopen()
      expect((await again.generation.contents()).loose).toEqual([])
      await again.store.close()
    })

    test('error: a generation that wants codes is incomplete', async () => {
      const { store, generation } = await start()
      await generation.commit(pages, codes.slice(1))
      await expect(generation.complete()).rejects.toMatchObject({ code: 'incomplete', details: { wanted: 1 } })
      expect(store.lastComplete()).toBeNull()
      await generation.commit([], codes)
      await generation.complete()
      await store.close()
    })

    test('error: a generation that is not covered is incomplete', async () => {
      const { store, generation } = await start()
      await generation.commit([...pages.slice(0, 4), ...pages.slice(5)], codes)
      await expect(generation.complete()).rejects.toMatchObject({ code: 'incomplete', details: { covered: false } })
      await store.close()
    })

    test('behavior: a view of a larger buffer is stored as what it shows', async () => {
      const { store, generation } = await start()
      const code = codeOf('view')
      const buffer = new Uint8Array(2 ** 20)
      buffer.set(code.bytes, 1000)
      await generation.commit([], [{ hash: code.hash, bytes: buffer.subarray(1000, 1000 + code.bytes.length) }])
      const records = await backend.connect()
      const stored = (await records.get('codes', hexToBytes(code.hash))) as Uint8Array
      expect(bytesToHex(stored)).toBe(bytesToHex(code.bytes))
      expect(stored.buffer.byteLength).toBe(code.bytes.length)
      records.close()
      await store.close()
    })
  })
}

/** Makes pages of some 50 KB without meaning, covering everything. */
function bigPages(count: number): Page[] {
  const positions = ['', ...Array.from({ length: count - 1 }, (_, i) => (i + 1).toString(16).padStart(4, '0')), END]
  return Array.from({ length: count }, (_, i) => ({
    start: positions[i]!,
    end: positions[i + 1]!,
    bytes: new Uint8Array(50_000 + i).fill(i),
    counts: { nodes: i, bytes: 49_000, accounts: 1, slots: 2 * i },
    codes: [],
  }))
}

type AnyOperation = WatchedRecords['writes'][number]['operations'][number]

function isPagePut(operation: AnyOperation): operation is Extract<AnyOperation, { kind: 'put'; store: 'pages' }> {
  return operation.kind === 'put' && operation.store === 'pages'
}

function isWantedPut(operation: AnyOperation): boolean {
  return operation.kind === 'put' && operation.store === 'wanted'
}

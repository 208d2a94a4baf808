import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import type { Path } from '../../trie/path.ts'
import { type Backend, type ByteChange, countsOf, damagePage, pagesOf, stateOf } from '../fixture.suite.ts'
import { encodePageKey } from '../format/page-key.ts'
import type { Operation } from '../format/record-types.ts'
import { encodeWantedKey } from '../format/wanted-key.ts'
import { StateStore } from '../state-store.ts'
import type { PageDamage } from './damage.ts'

const { trie, codes } = stateOf(150)
const { root, nodes } = trie
const pages = pagesOf(nodes)
const hurt = pages[4]!
/** A node in the middle of the damaged page. */
const inHurt = nodes.filter((node) => node.path >= hurt.start && node.path < hurt.end)
const node = inHurt[inHurt.length >> 1]!

const DAMAGES: readonly (readonly [id: string, damage: ByteChange])[] = [
  ['one flipped bit in the node', (bytes) => flipped(bytes, indexOf(bytes, node.blob) + 3)],
  ['cut off in front of the node', (bytes) => bytes.slice(0, indexOf(bytes, node.blob) - 5)],
  ['empty', () => new Uint8Array()],
  ['swapped with another page', () => pages[9]!.bytes],
  ['not a sequence', (bytes) => bytes.map(() => 0xff)],
  ['gone', () => undefined],
]

export function damageSuite(backend: Backend): void {
  const filled = async (options: { complete: boolean }) => {
    const store = await StateStore.over(await backend.connect())
    const generation = await store.target({ root })
    await generation.commit(pages, codes)
    if (options.complete) await generation.complete()
    await store.close()
  }
  const open = async () => {
    const damages: PageDamage[] = []
    const store = await StateStore.over(await backend.connect(), {
      onDamage: (damage) => damages.push(damage as PageDamage),
    })
    return { store, damages, generation: await store.target({ root }) }
  }
  const holed = [
    { start: '', end: hurt.start },
    { start: hurt.end, end: 'g' },
  ]
  const others = countsOf(pages.filter((page) => page !== hurt))

  describe('GenerationReader', () => {
    test('behavior: what no page covers is undefined', async () => {
      const store = await StateStore.over(await backend.connect())
      const generation = await store.target({ root })
      await generation.commit([pages[0]!], [])
      expect(await store.reader(1).node(node.path, node.hash)).toBeUndefined()
      expect(await store.reader(99).node(node.path, node.hash)).toBeUndefined()
      await store.close()
    })

    for (const [id, damage] of DAMAGES.slice(0, -1)) {
      test(`error: a page that is ${id} is damagedPage, is dropped, and its state is not complete any more`, async () => {
        await filled({ complete: true })
        await damagePage(backend, hurt.start, damage)
        const { store, damages, generation } = await open()
        const reading = store.reader(1).node(node.path, node.hash)
        const details = { generation: 1, start: hurt.start, end: hurt.end }
        await expect(reading).rejects.toMatchObject({ code: 'damagedPage', details })
        expect(damages).toEqual([details])
        expect(await generation.contents()).toMatchObject({ complete: false, stretches: holed, counts: others })
        expect(await store.reader(1).node(node.path, node.hash)).toBeUndefined()
        expect(store.lastComplete()).toMatchObject({ generation: 1, intact: false })
        await store.close()
        const records = await backend.connect()
        expect(await records.get('meta', 'generation:1')).toMatchObject({ complete: false })
        records.close()
        const again = await open()
        expect(await again.generation.contents()).toMatchObject({ complete: false, stretches: holed, counts: others })
        await again.store.close()
      })
    }

    test('behavior: a damaged page does not harm reads of the others', async () => {
      await filled({ complete: true })
      await damagePage(backend, hurt.start, (bytes) => bytes.map(() => 0xff))
      const { store } = await open()
      const reader = store.reader(1)
      for (const { path, hash, blob } of nodes) {
        const isHurt = path >= hurt.start && path < hurt.end
        const read = await reader.node(path, hash).catch(() => undefined)
        expect(read && bytesToHex(read)).toBe(isHurt ? undefined : bytesToHex(blob))
      }
      await store.close()
    })

    test('behavior: a page that is gone when the store opens is no coverage, and its state not complete', async () => {
      await filled({ complete: true })
      await damagePage(backend, hurt.start, () => undefined)
      const { store, generation } = await open()
      expect(await generation.contents()).toMatchObject({ complete: false, stretches: holed, counts: others })
      expect(store.lastComplete()).toMatchObject({ intact: false })
      await store.close()
    })

    test('behavior: a page that goes while the store is open is damage, reported once to many readers', async () => {
      await filled({ complete: true })
      const { store, damages, generation } = await open()
      await damagePage(backend, hurt.start, () => undefined)
      const reads = await Promise.allSettled(inHurt.map(({ path, hash }) => store.reader(1).node(path, hash)))
      expect(reads.filter((read) => read.status === 'rejected')).toHaveLength(1)
      expect(reads.every((read) => read.status === 'rejected' || read.value === undefined)).toBe(true)
      expect(damages).toHaveLength(1)
      expect((await generation.contents()).stretches).toEqual(holed)
      await store.close()
    })

    test('behavior: what was dropped is committed again, and the state is complete again', async () => {
      await filled({ complete: true })
      await damagePage(backend, hurt.start, () => new Uint8Array())
      const { store, generation } = await open()
      await expect(store.reader(1).node(node.path, node.hash)).rejects.toMatchObject({ code: 'damagedPage' })
      await generation.commit([hurt], [])
      await generation.complete()
      expect(await store.reader(1).node(node.path, node.hash)).toEqual(node.blob)
      expect(store.lastComplete()).toMatchObject({ generation: 1, intact: true })
      await store.close()
    })

    test('behavior: the caller owns the bytes: writing to them changes no later answer', async () => {
      await filled({ complete: true })
      const { store } = await open()
      const first = (await store.reader(1).node(node.path, node.hash))!
      first.fill(0)
      expect(await store.reader(1).node(node.path, node.hash)).toEqual(node.blob)
      await store.close()
    })
  })

  describe('Generation.node', () => {
    for (const [id, damage] of DAMAGES.slice(0, -1)) {
      test(`error: in a page that is ${id} it is damagedPage, and the page is not covered any more`, async () => {
        await filled({ complete: false })
        await damagePage(backend, hurt.start, damage)
        const { store, generation } = await open()
        await expect(generation.node(node.path, node.hash)).rejects.toMatchObject({ code: 'damagedPage' })
        expect((await generation.contents()).stretches).toEqual(holed)
        await expect(generation.node(node.path, node.hash)).rejects.toMatchObject({ code: 'damagedPage' })
        await store.close()
      })
    }

    test('error: a node that is absent from the page that covers it is damagedPage', async () => {
      await filled({ complete: false })
      const { store, generation } = await open()
      const absent = `${node.path}0` as Path
      await expect(generation.node(absent, node.hash)).rejects.toMatchObject({ code: 'damagedPage' })
      expect((await generation.contents()).stretches).toEqual(holed)
      await store.close()
    })
  })

  describe('openStateStore', () => {
    const keys: readonly (readonly [id: string, key: Uint8Array])[] = [
      ['empty', new Uint8Array()],
      ['of an unknown generation', Uint8Array.of(0, 0, 0, 9, 1, 0, 1)],
      ['no positions', Uint8Array.of(0, 0, 0, 1, 99, 99)],
      ['without counts', Uint8Array.of(0, 0, 0, 1, 0, 17)],
    ]
    for (const [id, key] of keys) {
      test(`behavior: a key of a page that is ${id} is dropped, and the rest opens`, async () => {
        await filled({ complete: true })
        const records = await backend.connect()
        await records.write([{ kind: 'put', store: 'pages', key, value: new Uint8Array(3) }], 'strict')
        records.close()
        const { store, generation } = await open()
        expect(await generation.contents()).toMatchObject({ complete: true, counts: countsOf(pages), loose: [] })
        await store.close()
        const after = await backend.connect()
        expect(await after.keys('pages')).toHaveLength(pages.length)
        after.close()
      })
    }
  })

  describe('loadCatalog', () => {
    const put = async (operation: Operation) => {
      const records = await backend.connect()
      await records.write([operation], 'strict')
      records.close()
    }
    const wanted = (hash: string): Operation => {
      return { kind: 'put', store: 'wanted', key: encodeWantedKey({ generation: 1, hash }), value: 1 }
    }

    test('behavior: of two pages that overlap the first is kept', async () => {
      await filled({ complete: false })
      const key = { generation: 1, start: `${hurt.start}0`, end: hurt.end, counts: hurt.counts }
      await put({ kind: 'put', store: 'pages', key: encodePageKey(key), value: hurt.bytes })
      const { store, generation } = await open()
      expect((await generation.contents()).counts).toEqual(countsOf(pages))
      await store.close()
    })

    test('behavior: a code that is stored is not wanted', async () => {
      await filled({ complete: true })
      await put(wanted(codes[0]!.hash))
      const { store, generation } = await open()
      expect(await generation.contents()).toMatchObject({ complete: true, wanted: [] })
      await store.close()
    })

    test('behavior: a state that wants a code is not complete, whatever its record says', async () => {
      await filled({ complete: true })
      await put(wanted('ab'.repeat(32)))
      const { store, generation } = await open()
      expect(await generation.contents()).toMatchObject({ complete: false, wanted: ['ab'.repeat(32)] })
      await store.close()
    })
  })

  describe('StateStore.code', () => {
    const code = codes[0]!
    const damageCode = async (value: Uint8Array | undefined) => {
      const records = await backend.connect()
      const at = { store: 'codes', key: hexToBytes(code.hash) } as const
      await records.write([value === undefined ? { kind: 'delete', ...at } : { kind: 'put', ...at, value }], 'strict')
      records.close()
    }

    for (const [id, value] of [
      ['changed', Uint8Array.of(1)],
      ['gone', undefined],
    ] as const) {
      test(`error: a code that is ${id} is damagedCode, and is wanted again`, async () => {
        await filled({ complete: true })
        const { store, generation } = await open()
        await damageCode(value)
        const reading = store.code(hexToBytes(code.hash))
        await expect(reading).rejects.toMatchObject({ code: 'damagedCode', details: { hash: code.hash } })
        expect(await store.code(hexToBytes(code.hash))).toBeUndefined()
        expect(await generation.contents()).toMatchObject({ complete: false, wanted: [code.hash] })
        await expect(generation.complete()).rejects.toMatchObject({ code: 'incomplete' })
        await store.close()
        const again = await open()
        expect(await again.generation.contents()).toMatchObject({ complete: false, wanted: [code.hash] })
        await again.generation.commit([], [code])
        await again.generation.complete()
        expect(await again.store.code(hexToBytes(code.hash))).toEqual(code.bytes)
        await again.store.close()
      })
    }
  })
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice()
  copy[at]! ^= 1
  return copy
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  const at = bytesToHex(bytes).indexOf(bytesToHex(part))
  if (at < 0 || at % 2 === 1) throw new Error('the page does not hold the node')
  return at / 2
}

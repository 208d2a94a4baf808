/** Reads beside a running sync. Whatever is committed inside any of their waits, no intact page is judged damaged. */
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import type { Page } from '../../sync/disk.ts'
import type { Ref } from '../../trie/node-source.ts'
import { type Path, pathOfKey, ROOT_PATH } from '../../trie/path.ts'
import { type Backend, InterruptedRecords, pagesOf, stateOf } from '../fixture.suite.ts'
import { StateStore } from '../state-store.ts'
import type { Generation } from './generation.ts'

const older = stateOf(24, 'older')
const { trie, codes, leaves } = stateOf(24)
const { root, nodes } = trie
const pages = pagesOf(nodes, 1500)
const top: Ref = { path: ROOT_PATH, hash: root }
const MANY = 2 ** 30
const textOfRun = bytesToHex(concatBytes(...nodes.map(({ blob }) => blob)))

/** A read of the target while all of its pages but one are stored. */
interface Reading {
  readonly title: string
  read(store: StateStore, generation: Generation): Promise<void>
}

const readings: readonly Reading[] = [
  {
    title: 'a run',
    read: async (store) => {
      const run = bytesToHex(await store.source().run(root, top, 0, MANY))
      expect(textOfRun.startsWith(run)).toBe(true)
    },
  },
  {
    title: 'a way down',
    read: async (store) => {
      for (const { key } of leaves) {
        const path = pathOfKey(key)
        const way = nodes.filter((node) => path.startsWith(node.path) && node.path.length < 64)
        const expected = bytesToHex(concatBytes(...way.map(({ blob }) => blob)))
        expect(['', expected]).toContain(bytesToHex(await store.source().path(root, top, path)))
      }
    },
  },
  {
    title: 'a read from the root',
    read: async (store, generation) => {
      const reader = store.reader(generation.number)
      for (const { path, hash, blob } of nodes) {
        const found = await reader.node(path, hash)
        if (found !== undefined) expect(bytesToHex(found)).toBe(bytesToHex(blob))
      }
    },
  },
]

export function raceSuite(backend: Backend): void {
  /** Stores the target beside the complete state of another root, with all pages but `missing`. */
  const open = async (missing: Page | undefined, isBeside: boolean) => {
    const damaged: unknown[] = []
    const records = new InterruptedRecords(await backend.connect())
    const store = await StateStore.over(records, {
      onDamage: (damage) => damaged.push(damage),
      yieldThread: () => records.interrupt(),
      cacheBytes: 0, // each page is read from the disk, with a wait
    })
    if (isBeside) {
      const complete = await store.target({ root: older.trie.root })
      await complete.commit(pagesOf(older.trie.nodes, 1500), older.codes)
      await complete.complete()
    }
    const generation = await store.target({ root })
    await generation.commit(
      pages.filter((page) => page !== missing),
      codes,
    )
    return { store, generation, records, damaged }
  }
  /** Checks that everything is there in the end, also of the complete state. */
  const expectWhole = async ({ store, generation, damaged }: Awaited<ReturnType<typeof open>>, isBeside: boolean) => {
    expect(damaged).toEqual([])
    if (isBeside) expect(store.lastComplete()).toMatchObject({ root: older.trie.root, intact: true })
    await generation.commit(pages, codes)
    await generation.complete()
    expect(await store.verify()).toMatchObject({ whole: true, damaged: 0, nodes: nodes.length })
    expect(damaged).toEqual([])
  }

  describe('reads beside a commit', () => {
    for (const { title, read } of readings) {
      for (const isBeside of [false, true]) {
        const where = isBeside ? ' beside a complete state' : ''
        test(`behavior: ${title}${where}: a page that is committed in any of its waits is not judged damaged`, async () => {
          for (const missing of [pages[0]!, pages[1]!, pages[Math.floor(pages.length / 2)]!]) {
            // The commit comes in the first wait, in the second, and so on, then in ever later ones, up to the last.
            for (let wait = 0, isReached = true; isReached; wait = wait < 6 ? wait + 1 : 2 * wait) {
              const world = await open(missing, isBeside)
              isReached = false
              world.records.onWait = async (number) => {
                if (number !== wait) return
                isReached = true
                await world.generation.commit([missing], [])
              }
              await read(world.store, world.generation)
              world.records.onWait = null
              await expectWhole(world, isBeside)
              await world.store.wipe()
              await world.store.close()
            }
          }
        })
      }
    }

    test('behavior: a run goes on into pages that are committed while it is read', async () => {
      const world = await open(pages[2]!, true)
      world.records.onWait = async () => world.generation.commit([pages[2]!], [])
      expect(bytesToHex(await world.store.source().run(root, top, 0, MANY))).toBe(textOfRun)
      world.records.onWait = null
      await expectWhole(world, true)
      await world.store.close()
    })

    test('behavior: a ref of another root, whose children are not here, is no damage of this one', async () => {
      const world = await open(undefined, false)
      const { store, damaged } = world
      await world.generation.complete()
      // The abandoned state has its first page only, and so the root without most of its children.
      const given = await store.target({ root: older.trie.root })
      await given.commit(pagesOf(older.trie.nodes, 1500).slice(0, 1), older.codes)
      const stranger: Ref = { path: ROOT_PATH, hash: older.trie.root }
      const later = stateOf(24, 'later')
      const newest = await store.target({ root: later.trie.root })
      await newest.commit(pagesOf(later.trie.nodes, 1500), later.codes)
      await newest.complete()
      const source = store.source()
      await source.run(later.trie.root, stranger, 0, MANY)
      for (const { key } of older.leaves) await source.path(later.trie.root, stranger, pathOfKey(key) as Path)
      expect(damaged).toEqual([])
      expect(await store.verify()).toMatchObject({ whole: true })
      await store.close()
    })

    test('behavior: a code that is dropped and comes again while it is read is there', async () => {
      const { store, generation, records, damaged } = await open(undefined, false)
      await generation.complete()
      const [code] = codes
      const hash = hexToBytes(code!.hash)
      const connection = await backend.connect()
      const put = (value: Uint8Array) => connection.write([{ kind: 'put', store: 'codes', key: hash, value }], 'strict')
      await put(Uint8Array.of(1))
      records.onWait = async (number) => {
        if (number !== 1) return // the code was read, but not handed out yet
        await expect(store.code(hash)).rejects.toMatchObject({ code: 'damagedCode' })
        await generation.commit([], [code!])
      }
      expect(await store.code(hash)).toEqual(code!.bytes)
      records.onWait = null
      expect(damaged).toEqual([{ code: code!.hash }])
      expect(await store.code(hash)).toEqual(code!.bytes)
      connection.close()
      await store.close()
    })
  })
}

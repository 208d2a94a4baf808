import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import type { Ref } from '../../trie/node-source.ts'
import { END, KEY_NIBBLES, type Path, pathOfKey, ROOT_PATH } from '../../trie/path.ts'
import type { BuiltNode } from '../../trie/trie-builder.ts'
import { type Backend, damagePage, hashOf, pagesOf, sequenceOf, stateOf } from '../fixture.suite.ts'
import { StateStore } from '../state-store.ts'

const { trie, codes, leaves } = stateOf(150)
const { root, nodes } = trie
const pages = pagesOf(nodes)
const top: Ref = { path: ROOT_PATH, hash: root }
const MANY = 2 ** 30

export function sourceSuite(backend: Backend): void {
  const open = async (covered = pages) => {
    const damaged: unknown[] = []
    const store = await StateStore.over(await backend.connect(), { onDamage: (damage) => damaged.push(damage) })
    const generation = await store.target({ root })
    await generation.commit(covered, codes)
    return { store, generation, source: store.source(), damaged }
  }
  const oracle = (ref: Ref) => nodes.filter((node) => node.path.startsWith(ref.path))

  describe('StoreSource', () => {
    test('default: the run of the root is the whole sequence', async () => {
      const { store, source } = await open()
      expect(source.has(root)).toBe(true)
      expect(bytesToHex(await source.run(root, top, 0, MANY))).toBe(hexOfNodes(nodes))
      await store.close()
    })

    test('behavior: the run of any node is its subtree, storage included', async () => {
      const { store, source } = await open()
      for (const node of nodes.filter((_, i) => i % 7 === 0)) {
        expect(bytesToHex(await source.run(root, node, 0, MANY))).toBe(hexOfNodes(oracle(node)))
      }
      await store.close()
    })

    test('behavior: a run ends after the maximum of nodes, or with the node that reaches the budget', async () => {
      const { store, source } = await open()
      expect(bytesToHex(await source.run(root, top, 1, MANY))).toBe(hexOfNodes(nodes.slice(0, 1)))
      expect(bytesToHex(await source.run(root, top, 33, MANY))).toBe(hexOfNodes(nodes.slice(0, 33)))
      for (const maxBytes of [1, 5_000, 20_000]) {
        const run = bytesToHex(await source.run(root, top, 0, maxBytes))
        const count = nodes.findIndex((_, i) => hexOfNodes(nodes.slice(0, i + 1)).length / 2 >= maxBytes) + 1
        expect(run).toBe(hexOfNodes(nodes.slice(0, count)))
      }
      await store.close()
    })

    test('behavior: of an unfinished generation a run goes as far as the pages', async () => {
      const { store, source } = await open([...pages.slice(0, 3), ...pages.slice(5)])
      const covered = nodes.filter((node) => node.path < pages[2]!.end)
      expect(bytesToHex(await source.run(root, top, 0, MANY))).toBe(hexOfNodes(covered))
      const behind = nodes.find((node) => node.path >= pages[5]!.start && node.path.length < 3)!
      expect(bytesToHex(await source.run(root, behind, 0, MANY))).toBe(hexOfNodes(oracle(behind)))
      await store.close()
    })

    test('behavior: refs that are not there are answered with nothing, and harm nothing', async () => {
      const { store, source, damaged, generation } = await open()
      const refs: Ref[] = [
        { path: ROOT_PATH, hash: hashOf('wrong') },
        { path: nodes[20]!.path, hash: hashOf('wrong') },
        { path: `${nodes[20]!.path}0` as Path, hash: nodes[20]!.hash },
        { path: 'f'.repeat(128) as Path, hash: nodes[20]!.hash },
      ]
      for (const ref of refs) {
        expect(await source.run(root, ref, 0, MANY)).toHaveLength(0)
        const key = ref.path.padEnd(ref.path.length > 64 ? 128 : 64, '0') as Path
        expect(await source.path(root, ref, key)).toHaveLength(0)
      }
      expect(await source.run(hashOf('root'), top, 0, MANY)).toHaveLength(0)
      expect(source.has(hashOf('root'))).toBe(false)
      expect(damaged).toEqual([])
      expect((await generation.contents()).counts.nodes).toBe(nodes.length)
      await store.close()
    })

    test('behavior: a run ends in front of a damaged node, which is never served, and the page is dropped', async () => {
      const { store, source, damaged } = await open()
      await damagePage(backend, pages[3]!.start, (bytes) =>
        bytes.map((byte, i) => (i === bytes.length - 9 ? byte ^ 1 : byte)),
      )
      const run = bytesToHex(await source.run(root, top, 0, MANY))
      const before = nodes.filter((node) => node.path < pages[3]!.start)
      const within = nodes.filter((node) => node.path < pages[3]!.end)
      expect(run.startsWith(hexOfNodes(before))).toBe(true)
      expect(hexOfNodes(within).startsWith(run)).toBe(true)
      expect(run.length).toBeLessThan(hexOfNodes(within).length)
      expect(damaged).toEqual([expect.objectContaining({ start: pages[3]!.start })])
      await store.close()
    })

    test('behavior: a page whose last nodes are missing ends a run and is dropped', async () => {
      const { store, source, damaged } = await open()
      const held = nodes.filter((node) => node.path >= pages[2]!.start && node.path < pages[2]!.end)
      await damagePage(backend, pages[2]!.start, () => sequenceOf(held.slice(0, -1)))
      await source.run(root, top, 0, MANY)
      expect(damaged).toEqual([expect.objectContaining({ start: pages[2]!.start })])
      await store.close()
    })

    test('behavior: a node that stands at a wrong path ends a run, and its page is dropped', async () => {
      const { store, source, damaged } = await open()
      const held = nodes.filter((node) => node.path >= pages[2]!.start && node.path < pages[2]!.end)
      const moved = held.map((node, i) => (i === held.length - 1 ? { ...node, path: `${node.path}0` as Path } : node))
      await damagePage(backend, pages[2]!.start, () => sequenceOf(moved))
      await source.run(root, top, 0, MANY)
      expect(damaged).toEqual([expect.objectContaining({ start: pages[2]!.start })])
      await store.close()
    })

    test('behavior: the way to an account and to a slot are the nodes on it, from any ref on it', async () => {
      const { store, source } = await open()
      for (const leaf of leaves.filter((_, i) => i % 5 === 0)) {
        const account = pathOfKey(leaf.key)
        const [slot] = leaf.slots?.[0] ?? [hashOf('absent')]
        for (const key of [account, (account + pathOfKey(slot)) as Path]) {
          const way = nodes.filter((node) => key.startsWith(node.path) && isOnWay(node, key))
          expect(bytesToHex(await source.path(root, top, key))).toBe(hexOfNodes(way))
          expect(bytesToHex(await source.path(root, way[1]!, key))).toBe(hexOfNodes(way.slice(1)))
        }
      }
      await store.close()
    })

    test('behavior: the way to an absent account ends where its absence is proven', async () => {
      const { store, source } = await open()
      for (let i = 0; i < 20; i++) {
        const key = pathOfKey(hashOf(`absent ${i}`))
        const way = nodes.filter((node) => key.startsWith(node.path) && node.path.length < KEY_NIBBLES)
        expect(bytesToHex(await source.path(root, top, key))).toBe(hexOfNodes(way))
      }
      await store.close()
    })

    test('behavior: a way that the pages do not cover to its end is not had', async () => {
      const { store, source } = await open(pages.slice(0, 4))
      const last = pathOfKey(leaves.at(-1)!.key)
      expect(await source.path(root, top, last)).toHaveLength(0)
      const first = pathOfKey(leaves[0]!.key)
      expect((await source.path(root, top, first)).length).toBeGreaterThan(0)
      await store.close()
    })

    test('behavior: a key that does not lie below the ref, or is not a full one, has no way', async () => {
      const { store, source } = await open()
      const key = pathOfKey(leaves[0]!.key)
      const elsewhere = nodes.find((node) => node.path.length === 2 && !key.startsWith(node.path))!
      const storage = nodes.find((node) => node.path.length === KEY_NIBBLES)!
      expect(await source.path(root, elsewhere, key)).toHaveLength(0)
      expect(await source.path(root, top, key.slice(0, 63) as Path)).toHaveLength(0)
      expect(await source.path(root, storage, storage.path)).toHaveLength(0)
      await store.close()
    })

    test('behavior: a code is served by its hash, a damaged one is not had', async () => {
      const { store, source } = await open()
      const hash = hexToBytes(codes[0]!.hash)
      expect(await source.code(hash)).toEqual(codes[0]!.bytes)
      expect(await source.code(hashOf('none'))).toBeUndefined()
      const records = await backend.connect()
      await records.write([{ kind: 'put', store: 'codes', key: hash, value: Uint8Array.of(1) }], 'strict')
      records.close()
      expect(await source.code(hash)).toBeUndefined()
      await store.close()
    })

    test('behavior: what is covered is told by root, without what a hole has made uncertain', async () => {
      const { store } = await open([...pages.slice(0, 3), ...pages.slice(5)])
      expect(store.coverage()).toEqual([
        {
          root,
          blockNumber: null,
          stretches: [
            { start: '', end: pages[2]!.end },
            { start: pages[5]!.start, end: END },
          ],
        },
      ])
      await damagePage(backend, pages[1]!.start, () => Uint8Array.of(1))
      await store.source().run(root, top, 0, MANY)
      expect(store.coverage()[0]?.stretches).toEqual([
        { start: '', end: pages[0]!.end },
        { start: pages[2]!.start, end: pages[2]!.end },
        { start: pages[5]!.start, end: END },
      ])
      await store.wipe()
      expect(store.coverage()).toEqual([])
      await store.close()
    })

    test('error: a closed store is no missing node', async () => {
      const { store, source } = await open()
      await store.close()
      await expect(source.run(root, top, 0, MANY)).rejects.toMatchObject({ code: 'databaseClosed' })
    })
  })
}

/** True for nodes of the account trie on the way, and of the storage trie of the key's account. */
function isOnWay(node: BuiltNode, key: Path): boolean {
  return node.path.length < KEY_NIBBLES || key.length > KEY_NIBBLES
}

function hexOfNodes(list: readonly BuiltNode[]): string {
  return bytesToHex(concatBytes(...list.map((node) => node.blob)))
}

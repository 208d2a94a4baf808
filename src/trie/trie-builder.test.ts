import { createMPT } from '@ethereumjs/mpt'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AccountLeaf, buildState, buildTrie } from '../testing/build-state.ts'
import { EMPTY_ROOT, encodeAccount, encodeSlot } from './account.ts'
import { keccak256, nobleKeccak } from './keccak.ts'
import { type Child, decodeNode, type Node } from './node.ts'
import { type Path, pathOfKey, ROOT_PATH, sharedNibbles } from './path.ts'
import { type BuiltNode, TrieBuilder } from './trie-builder.ts'

type Leaf = readonly [Uint8Array, Uint8Array]

const hexOf = ([key]: Leaf) => pathOfKey(key)
const byKey = (a: Leaf, b: Leaf) => (hexOf(a) < hexOf(b) ? -1 : 1)

/** Leaves: the keys share prefixes of any length, and some values are small enough to be embedded. */
const leaves = fc
  .array(
    fc.record({
      key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      near: fc.nat(63),
      value: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 4 }), fc.uint8Array({ minLength: 1, maxLength: 300 })),
    }),
    { maxLength: 40 },
  )
  .map((list) => {
    const found = new Map<string, Leaf>()
    let last = ''
    for (const { key, near, value } of list) {
      const hex = last.slice(0, near) + bytesToHex(key).slice(Math.min(near, last.length))
      found.set(hex, [hexToBytes(hex), value])
      last = hex
    }
    return [...found.values()].sort(byKey)
  })

async function oracle(list: readonly Leaf[]) {
  const trie = await createMPT()
  for (const [key, value] of list) await trie.put(key, value)
  return trie
}

/** Follows the hashes from the root and expects the path order of `nodes`, without a gap or an extra node. */
function expectWalk(nodes: readonly BuiltNode[], root: Uint8Array, prefix: Path = ROOT_PATH): void {
  const byPath = new Map(nodes.map((node) => [node.path as string, node]))
  const visited: string[] = []
  const follow = (child: Child, depth: number, path: string) => {
    if ('node' in child) return walk(child.node, depth, path)
    const node = byPath.get(path)
    expect(node?.hash).toEqual(child.hash)
    expect(keccak256(node!.blob)).toEqual(child.hash)
    visited.push(path)
    walk(decodeNode(node!.blob, depth), depth, path)
  }
  const walk = (node: Node, depth: number, path: string) => {
    if (node.kind === 'extension') follow(node.child, depth + node.key.length, path + node.key)
    if (node.kind !== 'branch') return
    node.children.forEach((child, i) => {
      if (child !== null) follow(child, depth + 1, path + i.toString(16))
    })
  }
  if (nodes.length > 0) follow({ hash: root }, 0, prefix)
  expect(visited).toEqual(nodes.map((node) => node.path))
}

describe('TrieBuilder', () => {
  test('default: has the root and the nodes of @ethereumjs/mpt, in path order', async () => {
    await fc.assert(
      fc.asyncProperty(leaves, async (list) => {
        const trie = await oracle(list)
        const built = buildTrie(list)
        expect(built.root).toEqual(trie.root())
        for (const { hash, blob } of built.nodes) expect(await trie.database().get(hash)).toEqual(blob)
        expectWalk(built.nodes, built.root)
      }),
      { numRuns: 150 },
    )
  })

  test('behavior: children are emitted before their parents, and the left before the right', () => {
    fc.assert(
      fc.property(leaves, (list) => {
        const paths: string[] = []
        const builder = new TrieBuilder({ keccak: nobleKeccak, onNode: (node) => paths.push(node.path) })
        for (const [key, value] of list) builder.add(key, value)
        builder.finish()
        // END behind a path sorts the path behind its whole subtree: post-order is the order of the ends.
        const ends = paths.map((path) => `${path}g`)
        expect(ends).toEqual([...ends].sort())
      }),
    )
  })

  test('behavior: seek emits everything to the left of the key, and nothing else', () => {
    fc.assert(
      fc.property(leaves, (list) => {
        const paths: string[] = []
        const builder = new TrieBuilder({ keccak: nobleKeccak, onNode: (node) => paths.push(node.path) })
        for (const [key, value] of list) {
          const before = paths.length
          builder.seek(key)
          expect(paths.slice(before).every((path) => !pathOfKey(key).startsWith(path))).toBe(true)
          const settled = paths.length
          builder.add(key, value)
          expect(paths.length).toBe(settled)
        }
        expect(builder.finish()).toEqual(buildTrie(list).root)
      }),
    )
  })

  test('behavior: what is below 32 bytes is embedded, however deep', async () => {
    const small = [0, 1, 16].map((last) => [new Uint8Array(32).fill(last, 31), Uint8Array.of(1)] as const)
    const { nodes, root } = buildTrie(small)
    // An extension, and the branch at 62 nibbles; the branch below and all three leaves are embedded.
    expect(nodes.map((node) => node.path)).toEqual(['', '0'.repeat(62)])
    expect(root).toEqual((await oracle(small)).root())
  })

  test('behavior: a trie without leaves has the empty root and no nodes', () => {
    expect(buildTrie([])).toEqual({ root: EMPTY_ROOT, nodes: [] })
  })

  test('options: prefix stands before each path and changes no node', () => {
    const prefix = pathOfKey(keccak256(Uint8Array.of(1)))
    fc.assert(
      fc.property(leaves, (list) => {
        const plain = buildTrie(list)
        const prefixed = buildTrie(list, prefix)
        expect(prefixed.root).toEqual(plain.root)
        expect(prefixed.nodes).toEqual(plain.nodes.map((node) => ({ ...node, path: prefix + node.path })))
      }),
    )
  })

  test.each([
    ['a smaller key', [2, 1]],
    ['the same key twice', [1, 1]],
  ])('error: %s', (_, firstBytes) => {
    const builder = new TrieBuilder({ keccak: nobleKeccak, onNode: () => {} })
    const add = () => {
      for (const byte of firstBytes) builder.add(new Uint8Array(32).fill(byte), Uint8Array.of(1))
    }
    expect(add).toThrow(expect.objectContaining({ code: 'unsortedLeaf' }))
  })

  test('error: a leaf that was sought and not added', () => {
    const sought = () => {
      const builder = new TrieBuilder({ keccak: nobleKeccak, onNode: () => {} })
      builder.seek(new Uint8Array(32).fill(1))
      return builder
    }
    expect(() => sought().finish()).toThrow(expect.objectContaining({ code: 'unsortedLeaf' }))
    const other = new Uint8Array(32).fill(2)
    expect(() => sought().add(other, other)).toThrow(expect.objectContaining({ code: 'unsortedLeaf' }))
  })
})

describe('buildTrie', () => {
  /** `makeTestTrie` of geth v1.8: value `[i]` under the keys `[1, i]` and `[2, i]`, value `[j, i]` under `[j, i]`. */
  function testTrie(keyOf: (key: Uint8Array) => Uint8Array): Leaf[] {
    const list: Leaf[] = []
    for (let i = 0; i < 255; i++) {
      for (let j = 1; j < 13; j++) {
        const key = new Uint8Array(32)
        key.set([j, i], 30)
        list.push([keyOf(key), j < 3 ? Uint8Array.of(i) : Uint8Array.of(j, i)])
      }
    }
    return list.sort(byKey)
  }

  function embeddedLeaves(node: Node): number {
    const inside = (child: Child | null) => {
      if (child === null || !('node' in child)) return 0
      return child.node.kind === 'leaf' ? 1 : embeddedLeaves(child.node)
    }
    if (node.kind === 'leaf') return 0
    return node.kind === 'extension' ? inside(node.child) : node.children.reduce((sum, child) => sum + inside(child), 0)
  }

  test('default: makeTestTrie with raw keys, as geth v1.8 has it', () => {
    const { root, nodes } = buildTrie(testTrie((key) => key))
    expect(bytesToHex(root)).toBe('b645bd3998a66da25e6944a12199937b3959955d9dd716ca2ce2b633a207dd21')
    const unique = new Map(nodes.map((node) => [bytesToHex(node.hash), node.blob.length]))
    expect([nodes.length, unique.size, [...unique.values()].reduce((a, b) => a + b)]).toEqual([206, 189, 20_496])
    const embedded = nodes.map((node) => embeddedLeaves(decodeNode(node.blob, node.path.length)))
    expect(embedded.reduce((a, b) => a + b)).toBe(3060)
  })

  test('default: makeTestTrie with hashed keys, as geth v1.9.21 has it', () => {
    const { root, nodes } = buildTrie(testTrie(keccak256))
    expect(bytesToHex(root)).toBe('ba5abc05d42d3979981b2e1cd3e150af4ca5c0b6c24b6e0efdbab100d9b976a0')
    expect([nodes.length, nodes.reduce((sum, node) => sum + node.blob.length, 0)]).toEqual([4121, 260_735])
  })
})

describe('buildState', () => {
  /** `makeTestState` of geth: 96 accounts, every third with code, and since v1.9.21 every fifth with five slots. */
  function testState(withStorage: boolean): { accounts: AccountLeaf[]; codes: Set<string> } {
    const codes = new Set<string>()
    const accounts = Array.from({ length: 96 }, (_, i): AccountLeaf => {
      const address = new Uint8Array(20)
      address[19] = i
      const code = new Uint8Array(i % 3 === 0 ? 5 : 0).fill(i)
      if (code.length > 0) codes.add(bytesToHex(code))
      const slots = withStorage && i % 5 === 0 ? [0, 1, 2, 3, 4].map((j) => slotOf(i, j)).sort(byKey) : []
      const integers = { nonce: BigInt((42 * i) % 256), balance: BigInt((11 * i) % 256) }
      return { key: keccak256(address), ...integers, codeHash: keccak256(code), slots }
    })
    accounts.sort((a, b) => (bytesToHex(a.key) < bytesToHex(b.key) ? -1 : 1))
    return { accounts, codes }
  }

  function slotOf(i: number, j: number): Leaf {
    const slot = keccak256(Uint8Array.of(i, i, i, i, i, j, j))
    return [keccak256(slot), encodeSlot(BigInt(`0x${bytesToHex(slot)}`))]
  }

  test('default: makeTestState without storage, as geth v1.8.4 has it', () => {
    const { accounts, codes } = testState(false)
    const { root, nodes } = buildState(accounts)
    expect(bytesToHex(root)).toBe('da365e6a32cb8b8097a9f289f4cdd418d762d0f5aedd89cdd67dcbb684eee7cd')
    expect([nodes.length, codes.size]).toEqual([129, 32])
  })

  test('default: makeTestState with storage, as geth v1.9.21 has it', () => {
    const { accounts, codes } = testState(true)
    const { root, nodes } = buildState(accounts)
    expect(bytesToHex(root)).toBe('40f09bded16e35d2df3c84603e804923b89ed26db184fbef794d68f031faa9c5')
    const account = nodes.filter((node) => node.path.length < 64)
    expect([account.length, nodes.length - account.length, codes.size]).toEqual([129, 129, 32])
    expect(nodes.length + codes.size).toBe(290)
  })

  test('behavior: each storage trie stands right behind the leaf of its account', async () => {
    await fc.assert(
      fc.asyncProperty(leaves, fc.array(leaves, { minLength: 1, maxLength: 4 }), async (keys, storages) => {
        // An account's leaf stands above 64 nibbles: its key differs from every other one before the last nibble.
        const distinct = keys.filter((leaf, i) => i === 0 || sharedNibbles(hexOf(leaf), hexOf(keys[i - 1]!)) < 63)
        const accounts = distinct.map(([key], i) => ({
          key,
          nonce: BigInt(i),
          balance: 7n,
          slots: storages[i % storages.length]!,
        }))
        const { root, nodes } = buildState(accounts)
        const state = await createMPT()
        for (const { key, nonce, balance, slots } of accounts) {
          const storage = await oracle(slots)
          const codeHash = keccak256(new Uint8Array())
          await state.put(key, encodeAccount({ nonce, balance, storageRoot: storage.root(), codeHash }))
          const below = nodes.filter((node) => node.path.length >= 64 && node.path.startsWith(pathOfKey(key)))
          expectWalk(below, storage.root(), pathOfKey(key))
          const leafAt = nodes.indexOf(below[0]!) - 1
          if (below.length > 0) expect(pathOfKey(key).startsWith(nodes[leafAt]!.path)).toBe(true)
        }
        expect(root).toEqual(state.root())
      }),
      { numRuns: 40 },
    )
  })
})

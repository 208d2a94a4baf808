/** The fixtures of geth's own tests (`makeTestTrie`, `makeTestState`), by their roots and node counts. */
import { RLP } from '@ethereumjs/rlp'
import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { runAt } from '../testing/oracle.ts'
import { seededRandom } from '../testing/random.ts'
import { type AccountLeaf, type BuiltTrie, buildState, buildTrie } from '../trie/builder.ts'
import { keccak256, nobleKeccak } from '../trie/keccak.ts'
import { type LeafCallback, scanAccount } from '../trie/leaf.ts'
import type { Contents } from './disk.ts'
import { deliveryOf, Scheduler } from './scheduler.ts'

const NOTHING: Contents = {
  complete: false,
  stretches: [],
  loose: [],
  codes: new Set(),
  wanted: [],
  counts: { nodes: 0, bytes: 0, accounts: 0, slots: 0 },
  codeCounts: { count: 0, bytes: 0 },
}

type Leaf = readonly [Uint8Array, Uint8Array]
const byKey = (a: Leaf, b: Leaf) => (bytesToHex(a[0]) < bytesToHex(b[0]) ? -1 : 1)

/** `makeTestTrie`: 255 × 12 keys, of which two ranges are twins. */
function testTrie(keyOf: (key: Uint8Array) => Uint8Array): BuiltTrie {
  const leaves: Leaf[] = []
  for (let i = 0; i < 255; i++) {
    for (let j = 1; j < 13; j++) {
      const key = new Uint8Array(32)
      key.set([j, i], 30)
      leaves.push([keyOf(key), Uint8Array.from(j < 3 ? [i] : [j, i])])
    }
  }
  return buildTrie(leaves.sort(byKey))
}

/** `makeTestState`: 96 accounts, a third of them with code, and with `storage` a fifth of them with five slots. */
function testState(storage: boolean): { trie: BuiltTrie; codes: Map<string, Uint8Array> } {
  const codes = new Map<string, Uint8Array>()
  const accounts = Array.from({ length: 96 }, (_, i): AccountLeaf => {
    const address = new Uint8Array(20)
    address[19] = i
    const code = new Uint8Array(5).fill(i)
    if (i % 3 === 0) codes.set(bytesToHex(keccak256(code)), code)
    const slots = Array.from({ length: storage && i % 5 === 0 ? 5 : 0 }, (_, j): Leaf => {
      const slot = keccak256(Uint8Array.of(i, i, i, i, i, j, j))
      return [keccak256(slot), RLP.encode(stripZeros(slot))]
    })
    return {
      key: keccak256(address),
      // As in the original, where both are products of bytes that overflow.
      balance: BigInt((11 * i) % 256),
      nonce: BigInt((42 * i) % 256),
      ...(i % 3 === 0 ? { codeHash: keccak256(code) } : {}),
      slots: slots.sort(byKey),
    }
  })
  return { trie: buildState(accounts.sort((a, b) => byKey([a.key, a.key], [b.key, b.key]))), codes }
}

function stripZeros(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0))
}

/** Syncs the trie with runs of at most `maxRun` nodes, taken in any order. Returns what was asked for by path, and the counts. */
function sync(trie: BuiltTrie, leaf: LeafCallback | undefined, maxRun: number, codes = new Map<string, Uint8Array>()) {
  const random = seededRandom(maxRun)
  const sequence = trie.nodes.map(({ path, blob }) => [path, blob] as const)
  const options = { root: trie.root, keccak: nobleKeccak, contents: NOTHING }
  const scheduler = new Scheduler(leaf === undefined ? options : { ...options, leaf })
  const fetched = new Set<string>()
  while (scheduler.pending > 0) {
    const gaps = scheduler.missing(Number.POSITIVE_INFINITY, 1 + random.int(400))
    for (const gap of gaps.sort(() => random() - 0.5)) {
      expect(fetched.has(gap.path)).toBe(false)
      fetched.add(gap.path)
      scheduler.process(deliveryOf(gap, Buffer.concat(runAt(sequence, gap.path, maxRun))))
    }
    scheduler.release(gaps)
    for (const code of scheduler.codes.missing(100, () => true)) {
      expect(scheduler.codes.process(code, codes.get(code.hashHex)!, nobleKeccak)).toBe(true)
    }
  }
  return { ...scheduler.counts, fetched: fetched.size, codes: scheduler.codes.commit().length }
}

describe('Scheduler', () => {
  test.each([
    [
      'raw keys',
      (key: Uint8Array) => key,
      'b645bd3998a66da25e6944a12199937b3959955d9dd716ca2ce2b633a207dd21',
      206,
      189,
    ],
    ['keccak keys', keccak256, 'ba5abc05d42d3979981b2e1cd3e150af4ca5c0b6c24b6e0efdbab100d9b976a0', 4121, 4121],
  ])('default: makeTestTrie with %s', (_, keyOf, root, nodes, unique) => {
    const trie = testTrie(keyOf)
    expect(bytesToHex(trie.root)).toBe(root)
    expect(new Set(trie.nodes.map(({ hash }) => bytesToHex(hash))).size).toBe(unique)
    expect(sync(trie, undefined, 1)).toMatchObject({ nodes, accounts: 3060, slots: 0, fetched: nodes })
    expect(sync(trie, undefined, 50)).toMatchObject({ nodes, accounts: 3060 })
  })

  test.each([
    ['without storage', false, 'da365e6a32cb8b8097a9f289f4cdd418d762d0f5aedd89cdd67dcbb684eee7cd', 129, 0],
    ['with storage', true, '40f09bded16e35d2df3c84603e804923b89ed26db184fbef794d68f031faa9c5', 129 + 129, 100],
  ])('default: makeTestState %s', (_, storage, root, nodes, slots) => {
    const { trie, codes } = testState(storage)
    expect(bytesToHex(trie.root)).toBe(root)
    for (const maxRun of [1, 7, 1000]) {
      expect(sync(trie, scanAccount, maxRun, codes)).toMatchObject({ nodes, accounts: 96, slots, codes: 32 })
    }
  })
})

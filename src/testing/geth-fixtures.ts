/**
 * The fixtures of geth's own tests, `makeTestTrie` and `makeTestState`, written anew. Their roots are in
 * `sync/fixtures.test.ts`. A fixture serves also as the state of an honest peer.
 */
import { RLP } from '@ethereumjs/rlp'
import { bytesToHex } from '@noble/hashes/utils.js'
import { encodeSlot } from '../trie/account.ts'
import { keccak256 } from '../trie/keccak.ts'
import { type LeafCallback, scanAccount } from '../trie/leaf.ts'
import type { BuiltNode } from '../trie/trie-builder.ts'
import { type AccountLeaf, type BuiltTrie, buildState, buildTrie } from './build-state.ts'
import type { PeerState } from './peers.ts'

/** A key (32 bytes) and the value under this key. */
type Leaf = readonly [Uint8Array, Uint8Array]

/** A trie or a state, with everything a test compares with. */
export interface Fixture extends PeerState {
  readonly root: Uint8Array
  /** In path order. */
  readonly nodes: readonly BuiltNode[]
  /** Scans the accounts of a state for storage and code. `undefined` for a plain trie. */
  readonly leaf: LeafCallback | undefined
  /** Leaves of the account trie, or of the plain trie. */
  readonly leaves: readonly Leaf[]
}

const byKey = (a: Leaf, b: Leaf) => (bytesToHex(a[0]) < bytesToHex(b[0]) ? -1 : 1)

/** Returns the key itself, as geth v1.8 does: the values of j = 1 and j = 2 then make twin subtrees. */
export const rawKey = (key: Uint8Array): Uint8Array => key

/**
 * Builds `makeTestTrie`: 255 × 12 leaves, with the keys of v1.8 ({@link rawKey}) or the keys of v1.9.21 (`keccak256`).
 */
export function testTrie(keyOf: (key: Uint8Array) => Uint8Array): Fixture {
  const leaves = testLeaves(keyOf, (j, i) => Uint8Array.from(j < 3 ? [i] : [j, i]))
  return fixtureOf(buildTrie(leaves), leaves, undefined)
}

/** Builds a state with the leaves of `makeTestTrie` as slots of one account: the twins then stand in a storage trie. */
export function twinStorage(): Fixture {
  const slots = testLeaves(rawKey, (j, i) => encodeSlot(BigInt(j < 3 ? i + 1 : j * 1000 + i)))
  return stateFixture([{ key: keccak256(Uint8Array.of(1)), nonce: 0n, balance: 0n, slots }])
}

/** Builds `makeTestState`: 96 accounts, a third with code. With `storage`, a fifth of the accounts have five slots. */
export function testState(storage: boolean): Fixture {
  const codes = new Map<string, Uint8Array>()
  const accounts = Array.from({ length: 96 }, (_, i): AccountLeaf => {
    const address = new Uint8Array(20)
    address[19] = i
    const code = new Uint8Array(5).fill(i)
    if (i % 3 === 0) codes.set(bytesToHex(keccak256(code)), code)
    return {
      key: keccak256(address),
      // As in the original, where both are products of overflowing bytes.
      balance: BigInt((11 * i) % 256),
      nonce: BigInt((42 * i) % 256),
      ...(i % 3 === 0 ? { codeHash: keccak256(code) } : {}),
      slots: storage && i % 5 === 0 ? testSlots(i) : [],
    }
  })
  return stateFixture(accounts, codes)
}

/** Builds the state of these accounts, given in any order. */
export function stateFixture(accounts: readonly AccountLeaf[], codes: Fixture['codes'] = new Map()): Fixture {
  const sorted = accounts.toSorted((a, b) => (bytesToHex(a.key) < bytesToHex(b.key) ? -1 : 1))
  return fixtureOf(
    buildState(sorted),
    sorted.map(({ key }) => [key, new Uint8Array()] as const),
    scanAccount,
    codes,
  )
}

function fixtureOf(
  { root, nodes }: BuiltTrie,
  leaves: readonly Leaf[],
  leaf: LeafCallback | undefined,
  codes: Fixture['codes'] = new Map(),
): Fixture {
  return { root, nodes, leaf, leaves, codes, sequence: nodes.map(({ path, blob }) => [path, blob] as const) }
}

function testLeaves(keyOf: (key: Uint8Array) => Uint8Array, valueAt: (j: number, i: number) => Uint8Array): Leaf[] {
  const leaves: Leaf[] = []
  for (let i = 0; i < 255; i++) {
    for (let j = 1; j < 13; j++) {
      const key = new Uint8Array(32)
      key.set([j, i], 30)
      leaves.push([keyOf(key), valueAt(j, i)])
    }
  }
  return leaves.sort(byKey)
}

function testSlots(i: number): Leaf[] {
  const slots = Array.from({ length: 5 }, (_, j): Leaf => {
    const slot = keccak256(Uint8Array.of(i, i, i, i, i, j, j))
    return [keccak256(slot), RLP.encode(stripZeros(slot))]
  })
  return slots.sort(byKey)
}

function stripZeros(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0))
}

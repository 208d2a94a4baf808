/** The root of the trie of a list, used in headers for transactions and withdrawals (Yellow Paper, 4.3.2). */
import { RLP } from '@ethereumjs/rlp'
import { bytesToHex } from '@noble/hashes/utils.js'
import { encodeHexPrefix } from '../../trie/hex-prefix.ts'
import { keccak256 } from '../../trie/keccak.ts'
import { type Path, sharedNibbles } from '../../trie/path.ts'

interface Item {
  readonly key: Path
  readonly value: Uint8Array
}

/** A reference to a node in RLP: the node itself if shorter than 32 bytes, else its hash. */
type Ref = Uint8Array | readonly Ref[]

/** Returns the root of the trie with each item under the RLP of its index, as `0x` and 64 hex digits. */
export function orderedRoot(items: readonly Uint8Array[]): string {
  const leaves = items.map((value, i) => ({ key: keyOf(i), value }))
  const root = leaves.length === 0 ? new Uint8Array() : nodeOf(leaves, 0)
  return `0x${bytesToHex(keccak256(RLP.encode(root as Uint8Array)))}`
}

/** Returns the node for the rest of the keys from nibble `depth` on. */
function nodeOf(items: readonly Item[], depth: number): Ref {
  const [first] = items as [Item]
  if (items.length === 1) return [encodeHexPrefix(first.key.slice(depth) as Path, true), first.value]
  const shared = sharedLength(items)
  if (shared > depth) return [encodeHexPrefix(first.key.slice(depth, shared) as Path, false), refOf(items, shared)]
  const children = [...'0123456789abcdef'].map((nibble) => items.filter(({ key }) => key[depth] === nibble))
  // A branch has no value of its own: no RLP of an index is a prefix of another.
  return [
    ...children.map((child) => (child.length === 0 ? new Uint8Array() : refOf(child, depth + 1))),
    new Uint8Array(),
  ]
}

function refOf(items: readonly Item[], depth: number): Ref {
  const node = nodeOf(items, depth)
  const blob = RLP.encode(node as Uint8Array)
  return blob.length < 32 ? node : keccak256(blob)
}

/** Returns the number of leading nibbles shared by all keys. */
function sharedLength(items: readonly Item[]): number {
  const [first] = items as [Item]
  return Math.min(...items.slice(1).map(({ key }) => sharedNibbles(key, first.key)))
}

function keyOf(index: number): Path {
  return bytesToHex(RLP.encode(index)) as Path
}

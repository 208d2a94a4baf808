/** The root of the trie of a list: what a header says of its transactions and withdrawals (Yellow Paper, 4.3.2). */
import { RLP } from '@ethereumjs/rlp'
import { bytesToHex } from '@noble/hashes/utils.js'
import { encodeHexPrefix } from '../../trie/hex-prefix.ts'
import { keccak256 } from '../../trie/keccak.ts'
import { type Path, sharedNibbles } from '../../trie/path.ts'

interface Item {
  readonly key: Path
  readonly value: Uint8Array
}

/** A node as RLP nests it: the node itself if it is short, else its hash. */
type Ref = Uint8Array | readonly Ref[]

/** The root of the trie that has each item under the RLP of its index. As `0x` and 64 hex digits. */
export function orderedRoot(items: readonly Uint8Array[]): string {
  const leaves = items.map((value, i) => ({ key: keyOf(i), value }))
  const root = leaves.length === 0 ? new Uint8Array() : nodeOf(leaves, 0)
  return `0x${bytesToHex(keccak256(RLP.encode(root as Uint8Array)))}`
}

/** The node of what is left of the keys from `depth` on. */
function nodeOf(items: readonly Item[], depth: number): Ref {
  const [first] = items as [Item]
  if (items.length === 1) return [encodeHexPrefix(first.key.slice(depth) as Path, true), first.value]
  const shared = sharedLength(items)
  if (shared > depth) return [encodeHexPrefix(first.key.slice(depth, shared) as Path, false), refOf(items, shared)]
  const children = [...'0123456789abcdef'].map((nibble) => items.filter(({ key }) => key[depth] === nibble))
  // No RLP of an index is the beginning of another one: a branch has no value of its own.
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

/** How many nibbles all keys have in common. */
function sharedLength(items: readonly Item[]): number {
  const [first] = items as [Item]
  return Math.min(...items.slice(1).map(({ key }) => sharedNibbles(key, first.key)))
}

function keyOf(index: number): Path {
  return bytesToHex(RLP.encode(index)) as Path
}

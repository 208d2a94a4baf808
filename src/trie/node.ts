/**
 * Decoded trie nodes: the plain and strict reading, for proofs, lookups and tests. `node-scanner.ts` is the fast twin; a
 * property test compares the two.
 *
 * Keys have 64 nibbles, so a leaf ends at depth 64 and a branch holds no value. Each rule throws an error of its own. A
 * node with the right hash can still break these rules. Then the root is bad, but the peer did not lie.
 */
import { RLP } from '@ethereumjs/rlp'
import { bytesToHex } from '@noble/hashes/utils.js'
import { RootlightError } from '../runtime/error.ts'
import { decodeHexPrefix } from './hex-prefix.ts'
import { KEY_NIBBLES, type Path } from './path.ts'

/** Bytes of a hash. A smaller node is embedded in its parent, without a hash. */
export const HASH_BYTES = 32

/** A child as its parent holds it: the hash, or the node itself if embedded. */
export type Child = { readonly hash: Uint8Array } | { readonly node: Node }

interface BranchNode {
  readonly kind: 'branch'
  /** 16 items, by nibble. */
  readonly children: readonly (Child | null)[]
}

interface ExtensionNode {
  readonly kind: 'extension'
  readonly key: Path
  readonly child: Child
}

export interface LeafNode {
  readonly kind: 'leaf'
  /** The nibbles of the key below this depth. */
  readonly key: Path
  readonly value: Uint8Array
}

export type Node = BranchNode | ExtensionNode | LeafNode

/** The error for bytes that cannot be a node of a trie with 64-nibble keys. */
export class NodeError extends RootlightError<'badNode'> {
  constructor(rule: string, blob: Uint8Array, cause?: unknown) {
    super('badNode', `bad trie node: ${rule}`, { details: { rule, got: bytesToHex(blob.subarray(0, 600)) }, cause })
  }
}

type RlpValue = Uint8Array | readonly RlpValue[]

/**
 * Decodes a node at `depth` nibbles of its own trie. Throws {@link NodeError} (`badNode`). Hashes and values are
 * copies.
 */
export function decodeNode(blob: Uint8Array, depth: number): Node {
  let value: RlpValue
  try {
    value = RLP.decode(blob)
  } catch (cause) {
    throw new NodeError('not canonical RLP', blob, cause)
  }
  return nodeOf(value, depth, blob)
}

function nodeOf(value: RlpValue, depth: number, blob: Uint8Array): Node {
  if (value instanceof Uint8Array) throw new NodeError('a node is a list', blob)
  if (value.length === 17) return branchOf(value, depth, blob)
  if (value.length === 2) return shortOf(value[0]!, value[1]!, depth, blob)
  throw new NodeError('a node has 2 or 17 items', blob)
}

function branchOf(items: readonly RlpValue[], depth: number, blob: Uint8Array): BranchNode {
  if (depth >= KEY_NIBBLES) throw new NodeError('a branch stands above the end of its keys', blob)
  const value = items[16]!
  if (!(value instanceof Uint8Array) || value.length > 0) throw new NodeError('a branch has no value', blob)
  const children = items.slice(0, 16).map((item) => childOf(item, depth + 1, blob))
  if (children.filter((child) => child !== null).length < 2) throw new NodeError('a branch has two children', blob)
  return { kind: 'branch', children }
}

function shortOf(key: RlpValue, value: RlpValue, depth: number, blob: Uint8Array): LeafNode | ExtensionNode {
  if (!(key instanceof Uint8Array)) throw new NodeError('a key is a string', blob)
  const prefix = decodeHexPrefix(key)
  if (prefix === null) throw new NodeError('a key is hex-prefix encoded', blob)
  const below = depth + prefix.key.length
  if (prefix.leaf) {
    if (below !== KEY_NIBBLES) throw new NodeError('a leaf ends at 64 nibbles', blob)
    if (!(value instanceof Uint8Array)) throw new NodeError('a value is a string', blob)
    if (value.length === 0) throw new NodeError('a value is not empty', blob)
    return { kind: 'leaf', key: prefix.key, value }
  }
  if (prefix.key.length === 0) throw new NodeError('an extension has a key', blob)
  if (below >= KEY_NIBBLES) throw new NodeError('an extension ends above 64 nibbles', blob)
  const child = childOf(value, below, blob)
  if (child === null) throw new NodeError('an extension has a child', blob)
  if ('node' in child && child.node.kind !== 'branch') throw new NodeError('an extension leads to a branch', blob)
  return { kind: 'extension', key: prefix.key, child }
}

function childOf(item: RlpValue, depth: number, blob: Uint8Array): Child | null {
  if (item instanceof Uint8Array) {
    if (item.length === 0) return null
    if (item.length !== HASH_BYTES) throw new NodeError('a child is a hash, a node, or nothing', blob)
    return { hash: item }
  }
  if (RLP.encode(item as Parameters<typeof RLP.encode>[0]).length >= HASH_BYTES) {
    throw new NodeError('an embedded node is below 32 bytes', blob)
  }
  return { node: nodeOf(item, depth, blob) }
}

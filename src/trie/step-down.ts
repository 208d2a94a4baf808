/** One step of a walk along a key, from a node to the next one with a hash of its own. */
import { decodeAccount, EMPTY_ROOT } from './account.ts'
import { equalHash } from './keccak.ts'
import { decodeNode, type LeafNode } from './node.ts'
import type { Ref } from './node-source.ts'
import { KEY_NIBBLES, nibbleAt, type Path } from './path.ts'

/**
 * Returns the next ref on the way to `key`, named by the node `blob` at `path`, a prefix of `key`. `key` has 64 nibbles
 * for an account, 128 for a slot. Embedded nodes are passed through. Returns `null` at the end of the way: at the leaf
 * of `key`, or where the node proves its absence. Throws `badNode` or `badValue`.
 */
export function stepDown(path: Path, blob: Uint8Array, key: Path): Ref | null {
  const inStorage = path.length >= KEY_NIBBLES
  let node = decodeNode(blob, inStorage ? path.length - KEY_NIBBLES : path.length)
  let depth = path.length
  for (;;) {
    if (node.kind === 'leaf') return inStorage ? null : storageBelow(node, depth, key)
    if (node.kind === 'extension' && !key.startsWith(node.key, depth)) return null
    const child = node.kind === 'extension' ? node.child : node.children[nibbleAt(key, depth)]!
    depth += node.kind === 'extension' ? node.key.length : 1
    if (child === null) return null
    if ('hash' in child) return { path: key.slice(0, depth) as Path, hash: child.hash }
    node = child.node
  }
}

function storageBelow(leaf: LeafNode, depth: number, key: Path): Ref | null {
  if (key.length === KEY_NIBBLES || !key.startsWith(leaf.key, depth)) return null
  const { storageRoot } = decodeAccount(leaf.value)
  return equalHash(storageRoot, EMPTY_ROOT) ? null : { path: key.slice(0, KEY_NIBBLES) as Path, hash: storageRoot }
}

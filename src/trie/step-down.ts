/** One step of a walk along a key, from a node to the next one that has a hash of its own. */
import { decodeAccount, EMPTY_ROOT } from './account.ts'
import { equalHash } from './keccak.ts'
import { decodeNode, type LeafNode } from './node.ts'
import type { Ref } from './node-source.ts'
import { KEY_NIBBLES, nibbleAt, type Path } from './path.ts'

/**
 * What the node `blob` at `path` names on the way to `key` (64 nibbles for an account, 128 for a slot; `path` is a prefix
 * of it), embedded nodes passed through; `null`: the way ends here, at the leaf of `key` or where it is proven absent.
 * Throws `badNode` or `badValue`.
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

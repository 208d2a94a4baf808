/** The children of one node as refs, where speed does not matter: for nodes from the disk, and for late runs. */
import { writeHexPrefixNibbles } from '../trie/hex-prefix.ts'
import { type LeafCallback, LeafRefs } from '../trie/leaf.ts'
import { NodeScanner } from '../trie/node-scanner.ts'
import type { Ref } from '../trie/node-source.ts'
import { KEY_NIBBLES, type Path, pathOfNibbles } from '../trie/path.ts'
import { badRoot } from './bad-root.ts'

/**
 * Returns the refs in the node `blob` at `path`, in path order: hashed children, and with a `leaf` callback the storage
 * trie of an account. Hashes are copies. Throws `badRoot`.
 */
export function childRefs(path: Path, blob: Uint8Array, leaf: LeafCallback | undefined): Ref[] {
  try {
    return readRefs(path, blob, leaf)
  } catch (cause) {
    throw badRoot(path, cause)
  }
}

function readRefs(path: Path, blob: Uint8Array, leaf: LeafCallback | undefined): Ref[] {
  const inStorage = leaf !== undefined && path.length >= KEY_NIBBLES
  const scanner = new NodeScanner()
  scanner.scan(blob, 0, blob.length, inStorage ? path.length - KEY_NIBBLES : path.length)
  const refAt = (below: string, offset: number): Ref => {
    return { path: (path + below) as Path, hash: blob.slice(offset, offset + 32) }
  }
  if (scanner.kind === 'branch') {
    return Array.from({ length: scanner.childCount }, (_, i) =>
      refAt(scanner.childNibble[i]!.toString(16), scanner.childHash[i]!),
    )
  }
  const key = new Uint8Array(scanner.keyNibbles)
  writeHexPrefixNibbles(blob, scanner.keyStart, scanner.keyEnd, key, 0)
  if (scanner.kind === 'extension') {
    return scanner.childCount === 0 ? [] : [refAt(pathOfNibbles(key), scanner.childHash[0]!)]
  }
  if (inStorage || leaf === undefined) return []
  const refs = new LeafRefs()
  leaf(blob, scanner.valueStart, scanner.valueEnd, refs)
  return refs.storageRoot < 0 ? [] : [refAt(pathOfNibbles(key), refs.storageRoot)]
}

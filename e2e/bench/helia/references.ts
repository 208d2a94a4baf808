/** The children of a node by hash: a database of blocks has no other names of nodes. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { LeafRefs, scanAccount } from '../../../src/trie/leaf.ts'
import { NodeScanner } from '../../../src/trie/node-scanner.ts'

/** A node or a code of a state. */
export interface Reference {
  /** 64 hex digits. */
  readonly hash: string
  /** `null`: a code, without children. */
  readonly trie: 'account' | 'storage' | null
  /** Nibbles above the node in its trie. */
  readonly depth: number
}

const scanner = new NodeScanner()
const leaf = new LeafRefs()

/** Returns the references in `blob`, the node of the given reference. Throws `badNode` and `badValue`. */
export function referencesOf(blob: Uint8Array, { trie, depth }: Reference): Reference[] {
  if (trie === null) return []
  const hashAt = (offset: number) => bytesToHex(blob.subarray(offset, offset + 32))
  scanner.scan(blob, 0, blob.length, depth)
  const { kind, childCount, childHash, keyNibbles, valueStart, valueEnd } = scanner
  if (kind !== 'leaf') {
    const below = depth + (kind === 'branch' ? 1 : keyNibbles)
    return Array.from(childHash.subarray(0, childCount), (offset) => ({ hash: hashAt(offset), trie, depth: below }))
  }
  if (trie === 'storage') return []
  scanAccount(blob, valueStart, valueEnd, leaf)
  const { storageRoot, codeHash } = leaf
  return [
    ...(storageRoot < 0 ? [] : [{ hash: hashAt(storageRoot), trie: 'storage' as const, depth: 0 }]),
    ...(codeHash < 0 ? [] : [{ hash: hashAt(codeHash), trie: null, depth: 0 }]),
  ]
}

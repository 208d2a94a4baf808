/** The nodes of a state by `@ethereumjs/mpt`: an oracle not written by us. */
import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { bytesToHex } from '@noble/hashes/utils.js'
import { EMPTY_CODE_HASH, encodeAccount } from '../trie/account.ts'
import { keccak256 } from '../trie/keccak.ts'
import { END, type Path, pathOfKey } from '../trie/path.ts'
import type { AccountLeaf } from './build-state.ts'

export interface Oracle {
  readonly root: Uint8Array
  /** All nodes not embedded in another node, by path. */
  readonly nodes: ReadonlyMap<Path, Uint8Array>
}

/** Puts every account and slot into tries of `@ethereumjs/mpt`, and reads their nodes back. */
export async function mptOracle(accounts: readonly AccountLeaf[]): Promise<Oracle> {
  const nodes = new Map<Path, Uint8Array>()
  const trie = new MerklePatriciaTrie()
  for (const account of accounts) {
    const storage = new MerklePatriciaTrie()
    for (const [key, value] of account.slots ?? []) await storage.put(key, value)
    await collect(storage, pathOfKey(account.key), nodes)
    const value = encodeAccount({ codeHash: EMPTY_CODE_HASH, ...account, storageRoot: storage.root() })
    await trie.put(account.key, value)
  }
  await collect(trie, '' as Path, nodes)
  return { root: trie.root(), nodes }
}

/** Returns the nodes of `oracle` in path order: the sequence. */
export function sequenceOf(oracle: Oracle): (readonly [Path, Uint8Array])[] {
  return [...oracle.nodes].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Returns the run of an honest peer's answer to `path`: consecutive nodes of the subtree, at most `maxNodes`. */
export function runAt(sequence: readonly (readonly [Path, Uint8Array])[], path: Path, maxNodes: number): Uint8Array[] {
  let low = 0
  let high = sequence.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sequence[middle]![0] < path) low = middle + 1
    else high = middle
  }
  const run: Uint8Array[] = []
  for (let i = low; i < sequence.length && run.length < maxNodes; i++) {
    const [at, blob] = sequence[i]!
    if (at >= path + END) break
    run.push(blob)
  }
  return run
}

/** Returns a trie of `@ethereumjs/mpt` with these nodes and no others, to read by key. */
export async function mptOver(root: Uint8Array, blobs: Iterable<Uint8Array>): Promise<MerklePatriciaTrie> {
  const trie = new MerklePatriciaTrie()
  for (const blob of blobs) await trie.database().put(keccak256(blob), blob)
  trie.root(root)
  return trie
}

async function collect(trie: MerklePatriciaTrie, prefix: Path, nodes: Map<Path, Uint8Array>): Promise<void> {
  if (bytesToHex(trie.root()) === bytesToHex(trie.EMPTY_TRIE_ROOT)) return
  await trie.walkTrie(trie.root(), async (_, node, key, controller) => {
    if (node === null) return
    const path = (prefix + key.map((nibble) => nibble.toString(16)).join('')) as Path
    const blob = node.serialize()
    if (blob.length >= 32 || key.length === 0) nodes.set(path, blob)
    controller.allChildren(node, key)
  })
}

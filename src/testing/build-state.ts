/** Builds whole tries and states in memory: the nodes of a trie builder, collected and put in path order. */
import { EMPTY_CODE_HASH, encodeAccount } from '../trie/account.ts'
import { type Keccak, nobleKeccak } from '../trie/keccak.ts'
import { type Path, pathOfKey, ROOT_PATH } from '../trie/path.ts'
import { type BuiltNode, TrieBuilder } from '../trie/trie-builder.ts'

/** A whole trie in memory, in path order. */
export interface BuiltTrie {
  readonly root: Uint8Array
  readonly nodes: readonly BuiltNode[]
}

/** Builds a trie of `[key, value]` leaves, sorted by key, in memory. */
export function buildTrie(leaves: Iterable<readonly [Uint8Array, Uint8Array]>, prefix: Path = ROOT_PATH): BuiltTrie {
  return collect((onNode) => {
    const builder = new TrieBuilder({ prefix, keccak: nobleKeccak, onNode })
    for (const [key, value] of leaves) builder.add(key, value)
    return builder.finish()
  })
}

/** An account of a state to be built. `slots` are `[hashed slot, value as the leaf holds it]`, sorted by key. */
export interface AccountLeaf {
  /** The hashed address, 32 bytes. */
  readonly key: Uint8Array
  readonly nonce: bigint
  readonly balance: bigint
  readonly codeHash?: Uint8Array
  readonly slots?: readonly (readonly [Uint8Array, Uint8Array])[]
}

/** Builds the whole sequence of a state, storage tries included, from accounts sorted by key. */
export function buildState(accounts: Iterable<AccountLeaf>, keccak: Keccak = nobleKeccak): BuiltTrie {
  return collect((onNode) => {
    const builder = new TrieBuilder({ keccak, onNode })
    for (const account of accounts) {
      builder.seek(account.key)
      const storage = new TrieBuilder({ prefix: pathOfKey(account.key), keccak, onNode })
      for (const [key, value] of account.slots ?? []) storage.add(key, value)
      const storageRoot = storage.finish()
      const { nonce, balance, codeHash = EMPTY_CODE_HASH } = account
      builder.add(account.key, encodeAccount({ nonce, balance, storageRoot, codeHash }))
    }
    return builder.finish()
  })
}

function collect(build: (onNode: (node: BuiltNode) => void) => Uint8Array): BuiltTrie {
  const nodes: BuiltNode[] = []
  const root = build((node) => nodes.push(node))
  nodes.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { root, nodes }
}

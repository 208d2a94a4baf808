/**
 * Builds a trie from sorted leaves in one streaming pass. What it holds is bounded by the depth: the branches that are
 * still open on the path of the last key, and that key's leaf, whose place depends on the next one.
 *
 * Nodes are emitted in post-order, children before parents (Yellow Paper, appendix D). A node below 32 bytes is embedded
 * in its parent and not emitted, unless it is the root. All keys have 32 bytes, so a branch never holds a value. Pure and
 * synchronous.
 */
import { EMPTY_CODE_HASH, EMPTY_ROOT, encodeAccount } from './account.ts'
import { RootlightError } from './error.ts'
import { type Keccak, nobleKeccak } from './keccak.ts'
import { HASH_BYTES } from './node.ts'
import { encodeBranch, encodeExtension, encodeLeaf } from './node-encoder.ts'
import { nibbleAt, type Path, pathOfKey, ROOT_PATH, sharedNibbles } from './path.ts'

/** A node as it leaves the builder. The receiver owns the bytes; `hash` is 32 bytes. */
export interface BuiltNode {
  readonly path: Path
  readonly blob: Uint8Array
  readonly hash: Uint8Array
}

export interface TrieBuilderOptions {
  /** Where the trie hangs in the sequence: the 64 nibbles of the account for a storage trie, none for the account trie. */
  readonly prefix?: Path
  readonly keccak: Keccak
  readonly onNode: (node: BuiltNode) => void
}

/** A leaf that does not stand behind the one before it: smaller, equal, or not the one that was sought. */
export class UnsortedLeafError extends RootlightError<'unsortedLeaf'> {}

/** One trie in the making. Use it once: `add` for each leaf in the order of its key, then `finish`. */
export class TrieBuilder {
  readonly #prefix: Path
  readonly #keccak: Keccak
  readonly #onNode: (node: BuiltNode) => void
  /** Branches on the path of the last key, outermost first; `#open` of them are in use, the rest are kept for reuse. */
  readonly #branches: OpenBranch[] = []
  #open = 0
  /** Path of the last key, prefix included; empty before the first one. */
  #last: Path = ROOT_PATH
  /** Value of the last key's leaf; `null` while that key is only sought. */
  #value: Uint8Array | null = null

  constructor(options: TrieBuilderOptions) {
    this.#prefix = options.prefix ?? ROOT_PATH
    this.#keccak = options.keccak
    this.#onNode = options.onNode
  }

  /**
   * Emits every node that lies to the left of `key`, which must be the key of the next leaf. For what belongs between
   * the leaves before and that leaf: the storage trie of its account. Throws {@link UnsortedLeafError} (`unsortedLeaf`).
   */
  seek(key: Uint8Array): void {
    this.#seek((this.#prefix + pathOfKey(key)) as Path)
  }

  /** Adds the leaf of `key`, 32 bytes, greater than the last one. Throws {@link UnsortedLeafError} (`unsortedLeaf`). */
  add(key: Uint8Array, value: Uint8Array): void {
    const path = (this.#prefix + pathOfKey(key)) as Path
    if (this.#value !== null || path !== this.#last) this.#seek(path)
    this.#value = value
  }

  /** Emits the rest, the root last, and returns the root's hash. A trie without leaves has no nodes. */
  finish(): Uint8Array {
    if (this.#last === ROOT_PATH) return EMPTY_ROOT
    return this.#settle(ROOT_DEPTH) ?? EMPTY_ROOT
  }

  #seek(path: Path): void {
    if (this.#last !== ROOT_PATH) {
      if (path <= this.#last) throw unsorted('a leaf must stand behind the one before', path, this.#last)
      this.#settle(sharedNibbles(this.#last, path) - this.#prefix.length)
    }
    this.#last = path
    this.#value = null
  }

  /**
   * Closes what hangs below `depth` on the path of the last key: the next key turns off there. Each closed node is placed
   * in the branch above it, which is opened where there is none. Returns the root's hash when that is what was closed.
   */
  #settle(depth: number): Uint8Array | undefined {
    if (this.#value === null) throw unsorted('the leaf that was sought is missing', '', this.#last)
    let parent = Math.max(depth, this.#innermost())
    let root = this.#place(parent, encodeLeaf(this.#slice(parent + 1), this.#value))
    while (this.#innermost() > depth) {
      const branch = this.#branches[--this.#open]!
      parent = Math.max(depth, this.#innermost())
      let blob = branch.encode()
      if (branch.depth > parent + 1) {
        blob = encodeExtension(this.#slice(parent + 1, branch.depth), this.#itemOf(branch.depth, blob))
      }
      root = this.#place(parent, blob)
    }
    return root
  }

  #place(parent: number, blob: Uint8Array): Uint8Array | undefined {
    if (parent === ROOT_DEPTH) return this.#emit(0, blob)
    if (this.#innermost() < parent) this.#openBranch(parent)
    const nibble = nibbleAt(this.#last, this.#prefix.length + parent)
    this.#branches[this.#open - 1]!.set(nibble, this.#itemOf(parent + 1, blob))
    return undefined
  }

  /** What a parent holds of the node at `depth`: its hash, or the node itself where that is smaller. */
  #itemOf(depth: number, blob: Uint8Array): Uint8Array {
    return blob.length < HASH_BYTES ? blob : this.#emit(depth, blob)
  }

  #emit(depth: number, blob: Uint8Array): Uint8Array {
    const hash = this.#keccak.digest(blob)
    this.#onNode({ path: this.#last.slice(0, this.#prefix.length + depth) as Path, blob, hash })
    return hash
  }

  #innermost(): number {
    return this.#open === 0 ? ROOT_DEPTH : this.#branches[this.#open - 1]!.depth
  }

  #openBranch(depth: number): void {
    if (this.#open === this.#branches.length) this.#branches.push(new OpenBranch())
    this.#branches[this.#open++]!.reset(depth)
  }

  /** Nibbles `[from, to)` of the last key. */
  #slice(from: number, to?: number): Path {
    const { length } = this.#prefix
    return this.#last.slice(length + from, to === undefined ? undefined : length + to) as Path
  }
}

/** The depth of the "branch" that the root hangs in. */
const ROOT_DEPTH = -1

class OpenBranch {
  depth = 0
  readonly #children: (Uint8Array | null)[] = new Array(16).fill(null)

  reset(depth: number): void {
    this.depth = depth
    this.#children.fill(null)
  }

  set(nibble: number, item: Uint8Array): void {
    this.#children[nibble] = item
  }

  encode(): Uint8Array {
    return encodeBranch(this.#children)
  }
}

/** A whole trie in memory, in path order. */
export interface BuiltTrie {
  readonly root: Uint8Array
  readonly nodes: readonly BuiltNode[]
}

/** Builds a trie of `[key, value]` leaves, sorted by key, in memory. For tests and small states. */
export function buildTrie(leaves: Iterable<readonly [Uint8Array, Uint8Array]>, prefix: Path = ROOT_PATH): BuiltTrie {
  return collect((onNode) => {
    const builder = new TrieBuilder({ prefix, keccak: nobleKeccak, onNode })
    for (const [key, value] of leaves) builder.add(key, value)
    return builder.finish()
  })
}

/** An account to build a state of. `slots` are `[hashed slot, value as the leaf holds it]`, sorted by key. */
export interface AccountLeaf {
  /** The hashed address, 32 bytes. */
  readonly key: Uint8Array
  readonly nonce: bigint
  readonly balance: bigint
  readonly codeHash?: Uint8Array
  readonly slots?: readonly (readonly [Uint8Array, Uint8Array])[]
}

/** Builds the whole sequence of a state, storage tries included, from accounts sorted by key. For tests and small states. */
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

function unsorted(rule: string, got: string, last: string): UnsortedLeafError {
  return new UnsortedLeafError('unsortedLeaf', `unsorted leaf: ${rule}`, { details: { got, last } })
}

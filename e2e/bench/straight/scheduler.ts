/**
 * geth's `trie.Sync` (v1.9) in TypeScript, without changes: requests by hash, each with the waiting parents; depth
 * first. A node is committed when its subtree is complete. Keys are hashes in hex. A set of hashes in memory tells
 * which nodes are on disk, in place of geth's bloom filter. Asking IndexedDB for each child would take longer than the
 * sync.
 */
import { RLP } from '@ethereumjs/rlp'
import { bytesToHex } from '@noble/hashes/utils.js'
import { DepthQueue } from './depth-queue.ts'

const EMPTY_ROOT = '56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'
const EMPTY_CODE = 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'
/** The depth under which geth files storage roots and codes: below the whole account trie. */
const LEAF_DEPTH = 64

type Rlp = Uint8Array | readonly Rlp[]
type Trie = 'account' | 'storage'

/** A wanted node or code. */
interface Request {
  readonly hash: string
  /** `null`: a code, without children. */
  readonly trie: Trie | null
  readonly depth: number
  /** The requests waiting for this one. */
  readonly parents: Request[]
  data: Uint8Array | null
  /** The number of missing children. */
  deps: number
}

/** A complete blob: the whole subtree is complete, too. */
export interface Entry {
  readonly hash: string
  readonly data: Uint8Array
}

export class TrieSync {
  readonly #requests = new Map<string, Request>()
  readonly #queue = new DepthQueue()
  readonly #stored = new Set<string>()
  readonly #complete: Entry[] = []

  /** `root` is 64 hex digits. */
  constructor(root: string) {
    this.#want(root, 'account', 0, null)
  }

  /** The number of incomplete requests. */
  get pending(): number {
    return this.#requests.size
  }

  /** Returns up to `limit` hashes to ask for, the deepest first, each only once. */
  missing(limit: number): string[] {
    return this.#queue.take(limit)
  }

  /** Takes in a blob with a checked hash. */
  process(hash: string, data: Uint8Array): void {
    const request = this.#requests.get(hash)
    if (request === undefined) throw new Error(`nobody asked for ${hash}`)
    if (request.data !== null) throw new Error(`already there: ${hash}`)
    request.data = data
    if (request.trie !== null) this.#children(request, RLP.decode(data) as Rlp, request.trie, request.depth)
    if (request.deps === 0) this.#commit(request)
  }

  /** Returns up to `limit` complete blobs, each only once, children before parents. */
  commit(limit: number): Entry[] {
    return this.#complete.splice(0, limit)
  }

  /** The number of blobs ready for {@link commit}. */
  get uncommitted(): number {
    return this.#complete.length
  }

  #children(request: Request, node: Rlp, trie: Trie, depth: number): void {
    if (node instanceof Uint8Array) throw new Error(`not a node: ${request.hash}`)
    if (node.length === 17) {
      for (const child of node.slice(0, 16)) this.#child(request, child, trie, depth + 1)
      return
    }
    const [key, value] = node as [Uint8Array, Rlp]
    if (isLeaf(key)) {
      if (trie === 'account') this.#account(request, value as Uint8Array)
    } else this.#child(request, value, trie, depth + nibblesOf(key))
  }

  #child(request: Request, child: Rlp, trie: Trie, depth: number): void {
    if (!(child instanceof Uint8Array)) this.#children(request, child, trie, depth)
    else if (child.length === 32) this.#want(bytesToHex(child), trie, depth, request)
  }

  #account(request: Request, value: Uint8Array): void {
    const [, , storageRoot, codeHash] = RLP.decode(value) as Uint8Array[]
    const [root, code] = [bytesToHex(storageRoot!), bytesToHex(codeHash!)]
    if (root !== EMPTY_ROOT) this.#want(root, 'storage', LEAF_DEPTH, request)
    if (code !== EMPTY_CODE) this.#want(code, null, LEAF_DEPTH, request)
  }

  #want(hash: string, trie: Trie | null, depth: number, parent: Request | null): void {
    if (this.#stored.has(hash)) return
    if (parent !== null) parent.deps++
    const known = this.#requests.get(hash)
    if (known !== undefined) {
      if (parent !== null) known.parents.push(parent)
      return
    }
    this.#requests.set(hash, { hash, trie, depth, parents: parent === null ? [] : [parent], data: null, deps: 0 })
    this.#queue.add(hash, depth)
  }

  #commit(request: Request): void {
    this.#complete.push({ hash: request.hash, data: request.data! })
    this.#stored.add(request.hash)
    this.#requests.delete(request.hash)
    for (const parent of request.parents) if (--parent.deps === 0) this.#commit(parent)
  }
}

/** Reads the flag of a hex-prefix encoded key. */
function isLeaf(key: Uint8Array): boolean {
  return (key[0]! & 0x20) !== 0
}

function nibblesOf(key: Uint8Array): number {
  return 2 * (key.length - 1) + ((key[0]! >> 4) & 1)
}

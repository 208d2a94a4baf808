/**
 * Builds a trie from sorted leaves in one streaming pass. Memory is bounded by the depth of the trie: the builder holds
 * the open branches on the path of the last key, and the last leaf. The place of that leaf depends on the next key.
 *
 * Nodes are emitted in post-order, children before parents (Yellow Paper, appendix D). A node below 32 bytes is
 * embedded in its parent and not emitted. All keys have 32 bytes, so a branch never holds a value, and a root is never
 * embedded. Pure and synchronous.
 */

import { RootlightError } from '../runtime/error.ts'
import { EMPTY_ROOT } from './account.ts'
import { encodeHexPrefix } from './hex-prefix.ts'
import type { Keccak } from './keccak.ts'
import { HASH_BYTES } from './node.ts'
import { nibbleAt, type Path, pathOfKey, ROOT_PATH, sharedNibbles } from './path.ts'

/** A node emitted by the builder. The receiver owns the bytes; `hash` is 32 bytes. */
export interface BuiltNode {
  readonly path: Path
  readonly blob: Uint8Array
  readonly hash: Uint8Array
}

export interface TrieBuilderOptions {
  /**
   * Path of the trie's root in the sequence: the 64 nibbles of the account for a storage trie, empty for the account
   * trie.
   */
  readonly prefix?: Path
  readonly keccak: Keccak
  readonly onNode: (node: BuiltNode) => void
}

/** The error for a leaf out of order: its key is not greater than the last one, or not the key that was sought. */
class UnsortedLeafError extends RootlightError<'unsortedLeaf'> {}

/** One trie in the making. Use a builder once: `add` for each leaf in the order of its key, then `finish`. */
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
   * Emits every node to the left of `key`, which must be the key of the next leaf. Call `seek` before emitting nodes
   * between that leaf and the one before: the storage trie of its account. Throws {@link UnsortedLeafError}
   * (`unsortedLeaf`).
   */
  seek(key: Uint8Array): void {
    this.#seek((this.#prefix + pathOfKey(key)) as Path)
  }

  /**
   * Adds the leaf of `key` (32 bytes, greater than the last one). Throws {@link UnsortedLeafError} (`unsortedLeaf`).
   */
  add(key: Uint8Array, value: Uint8Array): void {
    const path = (this.#prefix + pathOfKey(key)) as Path
    if (this.#value !== null || path !== this.#last) this.#seek(path)
    this.#value = value
  }

  /** Emits all remaining nodes, the root last, and returns the hash of the root. A trie without leaves has no nodes. */
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
   * Closes all nodes below `depth` on the path of the last key: the next key turns off there. Each closed node goes
   * into the branch above, which is opened if there is none. Returns the root's hash if the root was closed.
   */
  #settle(depth: number): Uint8Array | undefined {
    if (this.#value === null) throw unsorted('the leaf that was sought is missing', '', this.#last)
    let parent = Math.max(depth, this.#innermost())
    let root = this.#place(parent, encodeLeaf(this.#slice(parent + 1), this.#value))
    while (this.#innermost() > depth) {
      const branch = this.#branches[--this.#open]!
      parent = Math.max(depth, this.#innermost())
      let blob = encodeBranch(branch.children)
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
    this.#branches[this.#open - 1]!.children[nibble] = this.#itemOf(parent + 1, blob)
    return undefined
  }

  /**
   * Returns the item by which a parent refers to the node at `depth`: the hash, or the node itself if smaller than a
   * hash.
   */
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
    const kept = this.#branches[this.#open]
    if (kept === undefined) this.#branches.push({ depth, children: new Array(16).fill(null) })
    else {
      kept.depth = depth
      kept.children.fill(null)
    }
    this.#open++
  }

  /** Returns nibbles `[from, to)` of the last key. */
  #slice(from: number, to?: number): Path {
    const { length } = this.#prefix
    return this.#last.slice(length + from, to === undefined ? undefined : length + to) as Path
  }
}

/** The depth of an imagined parent of the root. */
const ROOT_DEPTH = -1

interface OpenBranch {
  depth: number
  /** 16 items, by nibble. */
  readonly children: (Uint8Array | null)[]
}

function unsorted(rule: string, got: string, last: string): UnsortedLeafError {
  return new UnsortedLeafError('unsortedLeaf', `unsorted leaf: ${rule}`, { details: { got, last } })
}

// RLP of nodes, one allocation each, of the exact size. An *item* refers to a child inside its parent: 32 bytes are the
// child's hash, fewer are the child itself, embedded.

/** Returns the bytes of a branch with these 16 items, by nibble. */
function encodeBranch(children: readonly (Uint8Array | null)[]): Uint8Array {
  let payload = 1 // the empty value of the branch
  for (const item of children) payload += item === null ? 1 : itemBytes(item)
  const blob = new Uint8Array(headerBytes(payload) + payload)
  let at = writeHeader(blob, 0, LIST, payload)
  for (const item of children) at = item === null ? writeEmpty(blob, at) : writeItem(blob, at, item)
  writeEmpty(blob, at)
  return blob
}

/** Returns the bytes of an extension by `key` to the branch `item`. */
function encodeExtension(key: Path, item: Uint8Array): Uint8Array {
  const prefix = encodeHexPrefix(key, false)
  const payload = stringBytes(prefix) + itemBytes(item)
  const blob = new Uint8Array(headerBytes(payload) + payload)
  writeItem(blob, writeString(blob, writeHeader(blob, 0, LIST, payload), prefix), item)
  return blob
}

/** Returns the bytes of a leaf; `key` holds the nibbles below the leaf's depth. */
function encodeLeaf(key: Path, value: Uint8Array): Uint8Array {
  const prefix = encodeHexPrefix(key, true)
  const payload = stringBytes(prefix) + stringBytes(value)
  const blob = new Uint8Array(headerBytes(payload) + payload)
  writeString(blob, writeString(blob, writeHeader(blob, 0, LIST, payload), prefix), value)
  return blob
}

const STRING = 0x80
const LIST = 0xc0
/** The longest payload with a header of one byte. A longer one needs the length of its length. */
const SHORT_PAYLOAD = 55

function itemBytes(item: Uint8Array): number {
  return item.length === HASH_BYTES ? HASH_BYTES + 1 : item.length
}

function writeItem(target: Uint8Array, at: number, item: Uint8Array): number {
  if (item.length === HASH_BYTES) return writeString(target, at, item)
  target.set(item, at)
  return at + item.length
}

function writeEmpty(target: Uint8Array, at: number): number {
  target[at] = STRING
  return at + 1
}

function isOwnEncoding(bytes: Uint8Array): boolean {
  return bytes.length === 1 && bytes[0]! < STRING
}

function stringBytes(bytes: Uint8Array): number {
  return isOwnEncoding(bytes) ? 1 : headerBytes(bytes.length) + bytes.length
}

function writeString(target: Uint8Array, at: number, bytes: Uint8Array): number {
  const start = isOwnEncoding(bytes) ? at : writeHeader(target, at, STRING, bytes.length)
  target.set(bytes, start)
  return start + bytes.length
}

function headerBytes(payload: number): number {
  let bytes = 1
  if (payload > SHORT_PAYLOAD) for (let rest = payload; rest > 0; rest = Math.floor(rest / 256)) bytes++
  return bytes
}

function writeHeader(target: Uint8Array, at: number, base: number, payload: number): number {
  if (payload <= SHORT_PAYLOAD) {
    target[at] = base + payload
    return at + 1
  }
  const end = at + headerBytes(payload)
  target[at] = base + SHORT_PAYLOAD + (end - at - 1)
  for (let rest = payload, i = end - 1; i > at; rest = Math.floor(rest / 256), i--) target[i] = rest & 0xff
  return end
}

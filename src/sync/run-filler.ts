/**
 * Fills a gap with a run: the hot path. The run's nodes are checked top down in place, each against the hash named by
 * its parent (or by the gap). Each node is copied once, into the page of the span. Refs beyond the end of the run
 * become gaps. No object, string or promise per node: the refs still expected are on a stack of numbers.
 *
 * `#nibbles` holds the path of the current node. A stack entry stores only the path length and the last nibble. The
 * earlier nibbles are still in `#nibbles` when the entry is popped, because its siblings share them.
 */

import { bytesToHex } from '@noble/hashes/utils.js'
import { writeHexPrefixNibbles } from '../trie/hex-prefix.ts'
import { equalHash, type Keccak } from '../trie/keccak.ts'
import { checkSlot, type LeafCallback, LeafRefs } from '../trie/leaf.ts'
import { NodeError } from '../trie/node.ts'
import { NodeScanner } from '../trie/node-scanner.ts'
import type { Ref } from '../trie/node-source.ts'
import { KEY_NIBBLES, MAX_PATH_NIBBLES, type Path, pathOfNibbles, sharedNibbles, writeNibbles } from '../trie/path.ts'
import { rlpItemEnd } from '../trie/rlp.ts'
import type { Scope } from '../trie/scope.ts'
import { badRoot } from './bad-root.ts'
import type { Counts } from './disk.ts'
import type { Frontier } from './frontier.ts'
import type { FrontierItem, Gap, Span, TrieProgress } from './frontier-items.ts'

/** The reason why the rest of a run was refused. */
export type Lie =
  /** A node with another hash than the expected one. */
  | 'wrongHash'
  /** Bytes that are not RLP, or a node cut off at the end. */
  | 'malformed'
  /** More nodes than the subtree of the ref has. */
  | 'tooMuch'

/** Places a ref beyond the end of the run that began at `gap`. Returns the item after which the next ref goes. */
type PlaceRef = (at: FrontierItem, path: Path, hash: Uint8Array, trie: TrieProgress | null, gap: Gap) => FrontierItem

export interface RunFillerParts {
  readonly frontier: Frontier
  readonly keccak: Keccak
  readonly leaf: LeafCallback | undefined
  /** The wanted part of the state. An account outside proves an absence, and its code is not wanted. */
  readonly scope: Scope
  /** The totals of all verified nodes, updated by each fill. */
  readonly totals: Counts
  readonly placeRef: PlaceRef
  readonly onCode: (hash: string) => void
}

/** The levels of two tries, with 15 siblings each. */
const MAX_STACK = 2 * KEY_NIBBLES * 15 + 2
/** A mark on the stack instead of an offset: the hash is the gap's. */
const GAP_HASH = -1

export class RunFiller {
  /** The first byte not used by the last `fill`. */
  at = 0
  lie: Lie | null = null
  /** Refs not reached by the last `fill`, the next one last. */
  readonly rest: Ref[] = []
  /** Offsets of nodes that other open gaps may want, by hash. */
  readonly twinOffsets: number[] = []

  readonly #parts: RunFillerParts
  readonly #scanner = new NodeScanner()
  readonly #leafRefs = new LeafRefs()

  readonly #nibbles = new Uint8Array(MAX_PATH_NIBBLES)
  readonly #length = new Uint8Array(MAX_STACK)
  readonly #lastNibble = new Uint8Array(MAX_STACK)
  readonly #shared = new Uint8Array(MAX_STACK)
  readonly #hash = new Int32Array(MAX_STACK)
  #depth = 0
  /** Path length of the node taken last; the nibbles beyond may belong to a child. */
  #lastTaken = 0
  /** Offset of the root of the current storage trie, if the root is in this run. */
  #storageStart = 0

  constructor(parts: RunFillerParts) {
    this.#parts = parts
  }

  /**
   * Fills `gap` with the nodes from `bytes[from]` on, up to `limit` or the gap's own `maxNodes`. Returns the number of
   * verified nodes, and sets `at`, `lie`, `rest` and `twinOffsets`. A lie does not undo the nodes verified before.
   * Throws `badRoot`.
   */
  fill(gap: Gap, bytes: Uint8Array, from: number, limit: number): number {
    const frontier = this.#parts.frontier
    this.at = from
    this.lie = null
    this.rest.length = 0
    this.twinOffsets.length = 0
    this.#begin(gap)
    let end = this.#check(gap, bytes)
    if (end < 0) {
      this.rest.push({ path: gap.path, hash: gap.hash })
      return 0 // not one true node: the frontier is unchanged
    }
    const span = frontier.spanBehind(frontier.removeGap(gap), gap.path)
    this.#shared[0] = span.writer.last === null ? 0 : sharedNibbles(span.writer.last, gap.path)
    let nodes = 0
    try {
      while (end >= 0) {
        this.#take(span, gap, bytes, end)
        nodes++
        if (this.#depth === 0 || this.at >= limit || nodes === gap.maxNodes) break
        end = this.#check(gap, bytes)
      }
    } finally {
      // Also when a node turns out to be impossible: the nodes verified before stay, and the invariant holds.
      this.#finish(span, gap, bytes)
    }
    return nodes
  }

  #begin(gap: Gap): void {
    writeNibbles(gap.path, this.#nibbles)
    this.#length[0] = gap.path.length
    this.#lastNibble[0] = gap.path.length === 0 ? 0 : this.#nibbles[gap.path.length - 1]!
    this.#hash[0] = GAP_HASH
    this.#depth = 1
  }

  /**
   * Returns the end of the next node if its hash is the expected one; else sets `lie` and returns -1. At the end of the
   * bytes, -1 without a lie.
   */
  #check(gap: Gap, bytes: Uint8Array): number {
    if (this.at >= bytes.length) return -1
    const end = rlpItemEnd(bytes, this.at, bytes.length)
    if (end < 0) {
      this.lie = 'malformed'
      return -1
    }
    const expected = this.#hash[this.#depth - 1]!
    const digest = this.#parts.keccak.digest(bytes.subarray(this.at, end))
    const equal = expected === GAP_HASH ? equalHash(digest, gap.hash) : equalHash(digest, bytes, expected)
    if (equal) return end
    this.lie = 'wrongHash'
    return -1
  }

  /** Copies the checked node `bytes[at, end)` into the span and pushes its children on the stack. */
  #take(span: Span, gap: Gap, bytes: Uint8Array, end: number): void {
    const top = this.#depth - 1
    const start = this.at
    const length = this.#length[top]!
    if (length > 0) this.#nibbles[length - 1] = this.#lastNibble[top]!
    const inStorage = this.#parts.leaf !== undefined && length >= KEY_NIBBLES
    this.#scan(bytes, start, end, length, inStorage)
    let shared = this.#shared[top]!
    if (this.#parts.frontier.isFull(span, length - shared, end - start)) {
      this.#parts.frontier.seal(span, pathOfNibbles(this.#nibbles, 0, length))
      shared = 0
    }
    const before = span.writer.length
    span.writer.appendNibbles(shared, this.#nibbles, length, bytes, start, end)
    this.#parts.frontier.heldBytes += span.writer.length - before
    this.#depth = top
    if (gap.trie !== null) gap.trie.bytes += end - start
    if (inStorage && this.#mayHaveTwins(gap, bytes, this.#hash[top]!)) this.twinOffsets.push(start)
    this.#count(span, end - start, inStorage)
    this.at = end
    this.#push(span, bytes, length, inStorage)
    this.#lastTaken = length
  }

  #scan(bytes: Uint8Array, start: number, end: number, length: number, inStorage: boolean): void {
    const scanner = this.#scanner
    try {
      scanner.scan(bytes, start, end, inStorage ? length - KEY_NIBBLES : length)
      if (length === KEY_NIBBLES - 1 && this.#parts.leaf !== undefined && scanner.childCount > 0) throw twoAccounts()
      this.#leafRefs.storageRoot = -1
      this.#leafRefs.codeHash = -1
      if (scanner.kind !== 'leaf') return
      if (inStorage) checkSlot(bytes, scanner.valueStart, scanner.valueEnd)
      else this.#parts.leaf?.(bytes, scanner.valueStart, scanner.valueEnd, this.#leafRefs)
    } catch (cause) {
      throw badRoot(pathOfNibbles(this.#nibbles, 0, length), cause)
    }
  }

  #mayHaveTwins(gap: Gap, bytes: Uint8Array, offset: number): boolean {
    const { twins } = this.#parts.frontier
    return offset === GAP_HASH ? twins.mayHave(gap.hash, 0) : twins.mayHave(bytes, offset)
  }

  #count(span: Span, bytes: number, inStorage: boolean): void {
    const { counts } = span
    const { totals } = this.#parts
    const leaves = this.#scanner.embeddedLeaves + (this.#scanner.kind === 'leaf' ? 1 : 0)
    counts.nodes++
    totals.nodes++
    counts.bytes += bytes
    totals.bytes += bytes
    if (inStorage) {
      counts.slots += leaves
      totals.slots += leaves
    } else {
      counts.accounts += leaves
      totals.accounts += leaves
    }
  }

  #push(span: Span, bytes: Uint8Array, length: number, inStorage: boolean): void {
    const scanner = this.#scanner
    if (scanner.kind === 'branch') {
      for (let i = scanner.childCount - 1; i >= 0; i--) {
        this.#pushRef(length + 1, length, scanner.childNibble[i]!, scanner.childHash[i]!)
      }
      return
    }
    const below = length + scanner.keyNibbles
    if (scanner.kind === 'extension') {
      if (scanner.childCount === 0) return
      writeHexPrefixNibbles(bytes, scanner.keyStart, scanner.keyEnd, this.#nibbles, length)
      this.#pushRef(below, length, this.#nibbles[below - 1]!, scanner.childHash[0]!)
    } else if (!inStorage) this.#pushAccount(span, bytes, length)
  }

  #pushAccount(span: Span, bytes: Uint8Array, length: number): void {
    const { storageRoot, codeHash } = this.#leafRefs
    if (storageRoot < 0 && codeHash < 0) return
    writeHexPrefixNibbles(bytes, this.#scanner.keyStart, this.#scanner.keyEnd, this.#nibbles, length)
    if (codeHash >= 0 && this.#isWantedAccount()) {
      const hash = bytesToHex(bytes.subarray(codeHash, codeHash + 32))
      span.codes.push(hash)
      this.#parts.onCode(hash)
    }
    if (storageRoot < 0) return
    this.#storageStart = this.at
    this.#pushRef(KEY_NIBBLES, length, this.#nibbles[KEY_NIBBLES - 1]!, storageRoot)
  }

  #isWantedAccount(): boolean {
    const { scope } = this.#parts
    return scope.isAll || scope.includesAccount(pathOfNibbles(this.#nibbles, 0, KEY_NIBBLES))
  }

  #pushRef(length: number, shared: number, lastNibble: number, hash: number): void {
    const top = this.#depth++
    this.#length[top] = length
    this.#shared[top] = shared
    this.#lastNibble[top] = lastNibble
    this.#hash[top] = hash
  }

  /** Turns the rest of the stack into gaps, and tells the span its last path. */
  #finish(span: Span, gap: Gap, bytes: Uint8Array): void {
    if (span.writer.length > 0) span.writer.setLast(pathOfNibbles(this.#nibbles, 0, this.#lastTaken))
    let at: FrontierItem = span
    let trie = gap.trie
    while (this.#depth > 0) {
      const top = --this.#depth
      const length = this.#length[top]!
      if (length > 0) this.#nibbles[length - 1] = this.#lastNibble[top]!
      const path = pathOfNibbles(this.#nibbles, 0, length)
      const offset = this.#hash[top]!
      const hash = offset === GAP_HASH ? gap.hash : bytes.slice(offset, offset + 32)
      const inStorage = this.#parts.leaf !== undefined && length >= KEY_NIBBLES
      if (inStorage) trie ??= { bytes: this.at - this.#storageStart, openShare: 0 }
      at = this.#parts.placeRef(at, path, hash, inStorage ? trie : null, gap)
      this.rest.push({ path, hash })
    }
    this.rest.reverse()
    this.#parts.frontier.settle(span)
  }
}

function twoAccounts(): NodeError {
  // A hashed account at 64 nibbles would share its path with a storage root. No state has such an account.
  return new NodeError('two accounts share 63 nibbles of their keys', new Uint8Array())
}

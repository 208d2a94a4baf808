/**
 * Fills a gap with a run: the hot path. Nodes are checked top down where they lie, each against the hash that its parent
 * (or the gap) names, and copied once, into the span's page; what the run did not reach becomes gaps. No object, no text
 * and no promise a node: the refs that are still expected stand on a stack of numbers.
 *
 * The path of the node at hand is in `#nibbles`. A child of a branch differs from it in one nibble, so an entry of the
 * stack needs the length of its path and its last nibble only: what is pushed first is popped last, and the nibbles above
 * it are untouched until then.
 */

import { bytesToHex } from '@noble/hashes/utils.js'
import { writeHexPrefixNibbles } from '../trie/hex-prefix.ts'
import { equalHash, type Keccak } from '../trie/keccak.ts'
import { checkSlot, type LeafCallback, LeafRefs } from '../trie/leaf.ts'
import { NodeError } from '../trie/node.ts'
import { KEY_NIBBLES, MAX_PATH_NIBBLES, type Path, pathOfNibbles, sharedNibbles, writeNibbles } from '../trie/path.ts'
import { rlpItemEnd } from '../trie/rlp.ts'
import { NodeScanner } from '../trie/scan.ts'
import type { Scope } from '../trie/scope.ts'
import { badRoot } from './bad-root.ts'
import type { Counts } from './disk.ts'
import type { Frontier, Gap, Item, Span, TrieProgress } from './frontier.ts'

/** What a run turned out to be, beside what of it was true. */
export type Lie =
  /** A node's hash is not the one that was asked for. */
  | 'wrongHash'
  /** Bytes that are not RLP, or a node that is cut off. */
  | 'malformed'
  /** More nodes than the subtree of the ref has. */
  | 'tooMuch'

/** A ref that is still to be filled by the rest of a run. */
export interface Expected {
  readonly path: Path
  readonly hash: Uint8Array
}

/**
 * What `placeRef` is told of a ref that the run, which began at `gap`, did not reach. Returns the item after which the next
 * one goes.
 */
export type PlaceRef = (at: Item, path: Path, hash: Uint8Array, trie: TrieProgress | null, gap: Gap) => Item

export interface RunFillerParts {
  readonly frontier: Frontier
  readonly keccak: Keccak
  readonly leaf: LeafCallback | undefined
  /** Which part of the state is wanted: codes of accounts outside of it, which prove an absence, are not. */
  readonly scope: Scope
  /** Everything that is verified is added to these. */
  readonly totals: Counts
  readonly placeRef: PlaceRef
  readonly onCode: (hash: string) => void
}

/** Levels of two tries, 15 siblings each. */
const MAX_STACK = 2 * KEY_NIBBLES * 15 + 2
/** On the stack in place of an offset: the hash is the gap's. */
const GAP_HASH = -1

export class RunFiller {
  /** Where the last `fill` stopped: the first byte that it did not use. */
  at = 0
  lie: Lie | null = null
  /** What the last `fill` did not reach, the next one last. */
  readonly rest: Expected[] = []
  /** Offsets of nodes whose hash other open gaps may want. */
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
  /** Length of the path of the node that was taken last; the nibbles behind it may be a child's. */
  #lastTaken = 0
  /** Offset of the root of the storage trie that the walk is in, if it began in this run. */
  #storageStart = 0

  constructor(parts: RunFillerParts) {
    this.#parts = parts
  }

  /**
   * Fills `gap` with the nodes that begin at `bytes[from]`, up to `limit` or the gap's own `maxNodes`. Returns how many were
   * verified; `at`, `lie`, `rest` and `twinOffsets` say the rest. A lie leaves what was verified before it. Throws `badRoot`.
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
      return 0 // not one true node: the frontier is as it was
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
      // Also when a node turns out to be impossible: what was verified before it stays, and the invariant holds.
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

  /** The end of the next node if it is the expected one; else -1, and `lie` says why. */
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

  /** Takes the checked node `bytes[at, end)` into the span and puts its children on the stack. */
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

  /** Turns what is left of the stack into gaps, and tells the span where it ends. */
  #finish(span: Span, gap: Gap, bytes: Uint8Array): void {
    if (span.writer.length > 0) span.writer.setLast(pathOfNibbles(this.#nibbles, 0, this.#lastTaken))
    let at: Item = span
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
  // A hashed account at 64 nibbles would share its path with a storage root, and no state has one.
  return new NodeError('two accounts share 63 nibbles of their keys', new Uint8Array())
}

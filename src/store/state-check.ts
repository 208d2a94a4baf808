/**
 * Checks a stored state from its root down, page by page in path order, each page once: every node against the hash that
 * its parent names, every page against what its key claims. Pure, and flat in memory: no object and no text a node, no
 * page is held on to.
 *
 * What is damaged hides what hangs below it: nodes on disk whose parent is lost cannot be told from others. They are
 * counted as unchecked, and are checked when a sync has brought the parent back.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Counts } from '../sync/disk.ts'
import { EMPTY_ROOT } from '../trie/account.ts'
import { writeHexPrefixNibbles } from '../trie/hex-prefix.ts'
import { equalHash, type Keccak } from '../trie/keccak.ts'
import { LeafRefs, scanAccount } from '../trie/leaf.ts'
import { NodeError } from '../trie/node.ts'
import { KEY_NIBBLES, MAX_PATH_NIBBLES, type Path, type Position, pathOfNibbles, writeNibbles } from '../trie/path.ts'
import { NodeScanner } from '../trie/scan.ts'
import { SequenceCursor, SequenceError } from '../trie/sequence.ts'
import { NO_COUNTS, type PageKey } from './page-key.ts'

/** Levels of two tries, 15 siblings each. */
const MAX_STACK = 2 * KEY_NIBBLES * 15 + 2

export class StateCheck {
  /** Of every node whose hash is right. */
  readonly counts: Counts = { ...NO_COUNTS }
  /** Hashes (hex digits) of the codes that accounts name. */
  readonly codes = new Set<string>()
  /** Nodes on disk whose parent is not. */
  unchecked = 0

  readonly #keccak: Keccak
  readonly #scanner = new NodeScanner()
  readonly #refs = new LeafRefs()
  /** What must come, the next one last: the length of its path, the last nibble of it, and its hash. */
  readonly #length = new Uint8Array(MAX_STACK)
  readonly #lastNibble = new Uint8Array(MAX_STACK)
  readonly #hash = new Uint8Array(MAX_STACK * 32)
  #depth = 0
  /** The path of the next one; siblings differ from it in nibbles that are put back when their turn comes. */
  readonly #nibbles = new Uint8Array(MAX_PATH_NIBBLES)
  /** The subtree that was lost last: what is found in it has no parent. -1: none. */
  readonly #lost = new Uint8Array(MAX_PATH_NIBBLES)
  #lostLength = -1
  #isSound = true
  /** Where the page at hand ends. */
  readonly #end = new Uint8Array(MAX_PATH_NIBBLES + 1)

  /** `root` is 32 bytes. */
  constructor(keccak: Keccak, root: Uint8Array) {
    this.#keccak = keccak
    if (!equalHash(root, EMPTY_ROOT)) this.#expect(0, 0, root, 0)
  }

  /** The path of the node that must come next, `null` at the end. */
  get next(): Path | null {
    return this.#depth === 0 ? null : pathOfNibbles(this.#aim(), 0, this.#length[this.#depth - 1]!)
  }

  /** Gives up what must come before `position`. True: there was something. */
  loseUntil(position: Position): boolean {
    let lost = false
    for (let next = this.next; next !== null && next < position; next = this.next) {
      this.#lose()
      lost = true
    }
    return lost
  }

  /** Checks the next page, which begins where the last one ended or behind it. False: it is not what its key says. */
  takePage(key: PageKey, bytes: Uint8Array): boolean {
    this.loseUntil(key.start)
    this.#isSound = true
    const found = { ...NO_COUNTS }
    writeNibbles(key.end, this.#end)
    try {
      const cursor = new SequenceCursor(bytes)
      while (cursor.next()) {
        // Paths ascend, which the cursor sees to: the first one decides.
        if (found.nodes === 0 && cursor.path < key.start) this.#isSound = false
        // What stands behind the end is another page's business, and must not be taken for that page's nodes.
        if (isBehind(cursor, this.#end, key.end.length)) this.#isSound = false
        else this.#takeNode(cursor, found)
      }
    } catch (error) {
      if (!(error instanceof SequenceError)) throw error
      this.#isSound = false
    }
    if (this.loseUntil(key.end)) this.#isSound = false
    const { nodes, bytes: size, accounts, slots } = key.counts
    if (found.nodes !== nodes || found.bytes !== size) this.#isSound = false
    if (found.accounts !== accounts || found.slots !== slots) this.#isSound = false
    return this.#isSound
  }

  #takeNode(cursor: SequenceCursor, found: Counts): void {
    let order = this.#compare(cursor)
    while (order < 0) {
      this.#lose() // it should have come before this one
      this.#isSound = false
      order = this.#compare(cursor)
    }
    if (order > 0) this.#takeStray(cursor, found)
    else if (this.#isRight(cursor)) {
      const { pathLength: length, bytes, start, end } = cursor
      this.#depth--
      this.#scan(bytes, start, end, length)
      this.#count(this.counts, end - start, length)
      this.#count(found, end - start, length)
      this.#expectChildren(bytes, length)
    } else {
      this.#lose()
      this.#isSound = false
    }
  }

  /** A node that nobody named: below one that is lost it is an orphan, elsewhere it does not belong here. */
  #takeStray({ nibbles, pathLength, bytes, start, end }: SequenceCursor, found: Counts): void {
    const isOrphan = this.#lostLength >= 0 && pathLength > this.#lostLength && this.#isBelowLost(nibbles)
    if (!isOrphan) this.#isSound = false
    try {
      this.#scan(bytes, start, end, pathLength)
    } catch (error) {
      if (!(error instanceof NodeError)) throw error
      this.#isSound = false
      return
    }
    this.unchecked++
    this.#count(found, end - start, pathLength)
  }

  #isBelowLost(nibbles: Uint8Array): boolean {
    for (let i = this.#lostLength - 1; i >= 0; i--) if (nibbles[i] !== this.#lost[i]) return false
    return true
  }

  #isRight({ bytes, start, end }: SequenceCursor): boolean {
    return equalHash(this.#keccak.digest(bytes.subarray(start, end)), this.#hash, 32 * (this.#depth - 1))
  }

  #scan(bytes: Uint8Array, start: number, end: number, length: number): void {
    this.#scanner.scan(bytes, start, end, length >= KEY_NIBBLES ? length - KEY_NIBBLES : length)
  }

  #count(counts: Counts, bytes: number, length: number): void {
    counts.nodes++
    counts.bytes += bytes
    const leaves = this.#scanner.embeddedLeaves + (this.#scanner.kind === 'leaf' ? 1 : 0)
    if (length >= KEY_NIBBLES) counts.slots += leaves
    else counts.accounts += leaves
  }

  #expectChildren(bytes: Uint8Array, length: number): void {
    const scanner = this.#scanner
    if (scanner.kind === 'branch') {
      for (let i = scanner.childCount - 1; i >= 0; i--) {
        this.#expect(length + 1, scanner.childNibble[i]!, bytes, scanner.childHash[i]!)
      }
      return
    }
    if (scanner.kind === 'extension') {
      if (scanner.childCount > 0) this.#expectBelowKey(bytes, length, scanner.childHash[0]!)
    } else if (length < KEY_NIBBLES) {
      scanAccount(bytes, scanner.valueStart, scanner.valueEnd, this.#refs)
      const { storageRoot, codeHash } = this.#refs
      if (codeHash >= 0) this.codes.add(bytesToHex(bytes.subarray(codeHash, codeHash + 32)))
      if (storageRoot >= 0) this.#expectBelowKey(bytes, length, storageRoot)
    }
  }

  #expectBelowKey(bytes: Uint8Array, length: number, hash: number): void {
    const { keyStart, keyEnd, keyNibbles } = this.#scanner
    writeHexPrefixNibbles(bytes, keyStart, keyEnd, this.#nibbles, length)
    this.#expect(length + keyNibbles, this.#nibbles[length + keyNibbles - 1]!, bytes, hash)
  }

  #expect(length: number, lastNibble: number, source: Uint8Array, at: number): void {
    const top = this.#depth++
    this.#length[top] = length
    this.#lastNibble[top] = lastNibble
    for (let i = 0; i < 32; i++) this.#hash[32 * top + i] = source[at + i]!
  }

  /** Passes over the next one and everything below it. */
  #lose(): void {
    const length = this.#length[this.#depth - 1]!
    const nibbles = this.#aim()
    for (let i = 0; i < length; i++) this.#lost[i] = nibbles[i]!
    this.#lostLength = length
    this.#depth--
  }

  /** The nibbles, with the path of the next one in front. */
  #aim(): Uint8Array {
    const top = this.#depth - 1
    const length = this.#length[top]!
    if (length > 0) this.#nibbles[length - 1] = this.#lastNibble[top]!
    return this.#nibbles
  }

  /** Where the next one stands to the cursor's: before it (negative), at its path (0), or behind it or nowhere (positive). */
  #compare({ nibbles, pathLength }: SequenceCursor): number {
    if (this.#depth === 0) return 1
    const next = this.#aim()
    const length = this.#length[this.#depth - 1]!
    const most = Math.min(length, pathLength)
    for (let i = 0; i < most; i++) if (next[i] !== nibbles[i]) return next[i]! - nibbles[i]!
    return length - pathLength
  }
}

/** True if the cursor stands at or behind the position `end[0, length)`. */
function isBehind({ nibbles, pathLength }: SequenceCursor, end: Uint8Array, length: number): boolean {
  const most = Math.min(pathLength, length)
  for (let i = 0; i < most; i++) if (nibbles[i] !== end[i]) return nibbles[i]! > end[i]!
  return pathLength >= length
}

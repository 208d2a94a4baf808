/**
 * Collects one run from the pages of a generation, in order, and checks each node against what its parent names: what
 * leaves here is as true as its ref, whatever happened to the disk.
 */
import { concatBytes } from '@noble/hashes/utils.js'
import { writeHexPrefixNibbles } from '../trie/hex-prefix.ts'
import { equalHash, type Keccak } from '../trie/keccak.ts'
import { LeafRefs, scanAccount } from '../trie/leaf.ts'
import type { Ref } from '../trie/node-source.ts'
import { KEY_NIBBLES, type Path, type Position, pathOfNibbles } from '../trie/path.ts'
import { NodeScanner } from '../trie/scan.ts'
import { SequenceCursor, SequenceError } from '../trie/sequence.ts'

/** A node that must come: the hash is `source[at, at + 32)`. */
interface Expected {
  readonly path: Path
  readonly source: Uint8Array
  readonly at: number
}

/**
 * What a page did for the run. `goesOn`: the run continues where the page ends; `ended`: it is whole, or there is nothing
 * for this ref; `damaged`: the page is not what it must be, and the run ends before the damage.
 */
export type PageOutcome = 'goesOn' | 'ended' | 'damaged'

export class RunWalk {
  readonly #ref: Ref
  readonly #keccak: Keccak
  readonly #maxNodes: number
  readonly #maxBytes: number
  /** What is expected, the next one last. */
  readonly #stack: Expected[] = []
  readonly #blobs: Uint8Array[] = []
  #bytes = 0
  readonly #scanner = new NodeScanner()
  readonly #leafRefs = new LeafRefs()
  readonly #key = new Uint8Array(KEY_NIBBLES)

  constructor(keccak: Keccak, ref: Ref, maxNodes: number, maxBytes: number) {
    this.#keccak = keccak
    this.#ref = ref
    this.#maxNodes = maxNodes
    this.#maxBytes = maxBytes
  }

  /** Takes the next page, whose bytes nobody writes to any more; the first one covers the ref's path. */
  take(bytes: Uint8Array, end: Position): PageOutcome {
    try {
      return this.#take(new SequenceCursor(bytes), end)
    } catch (error) {
      if (error instanceof SequenceError) return 'damaged'
      throw error
    }
  }

  /** The run so far: nodes, concatenated. */
  run(): Uint8Array {
    return concatBytes(...this.#blobs)
  }

  #take(cursor: SequenceCursor, end: Position): PageOutcome {
    if (this.#blobs.length === 0 && !this.#begin(cursor)) return 'ended'
    while (!this.#isFull && this.#stack.length > 0 && cursor.next()) {
      const expected = this.#stack.pop()!
      if (cursor.path !== expected.path || !this.#accept(cursor, expected)) return 'damaged'
    }
    const next = this.#stack.at(-1)
    if (this.#isFull || next === undefined) return 'ended'
    return next.path < end ? 'damaged' : 'goesOn'
  }

  /** Goes to the ref's node. It was asked for by a stranger, so if it is not there, it need not be damage. */
  #begin(cursor: SequenceCursor): boolean {
    const { path, hash } = this.#ref
    while (cursor.next()) {
      if (cursor.path === path) return this.#accept(cursor, { path, source: hash, at: 0 })
    }
    return false
  }

  get #isFull(): boolean {
    return this.#bytes >= this.#maxBytes || this.#blobs.length === this.#maxNodes
  }

  /** Adds the node at the cursor, if it is the right one, and expects its children. */
  #accept({ bytes, start, end }: SequenceCursor, { path, source, at }: Expected): boolean {
    const blob = bytes.subarray(start, end)
    if (!equalHash(this.#keccak.digest(blob), source, at)) return false
    this.#blobs.push(blob)
    this.#bytes += blob.length
    this.#expectChildren(path, bytes, start, end)
    return true
  }

  #expectChildren(path: Path, source: Uint8Array, start: number, end: number): void {
    const scanner = this.#scanner
    const inStorage = path.length >= KEY_NIBBLES
    scanner.scan(source, start, end, inStorage ? path.length - KEY_NIBBLES : path.length)
    if (scanner.kind === 'branch') {
      for (let i = scanner.childCount - 1; i >= 0; i--) {
        const nibble = scanner.childNibble[i]!.toString(16)
        this.#stack.push({ path: (path + nibble) as Path, source, at: scanner.childHash[i]! })
      }
    } else if (scanner.kind === 'extension') {
      if (scanner.childCount > 0)
        this.#stack.push({ path: this.#below(path, source), source, at: scanner.childHash[0]! })
    } else if (!inStorage) {
      scanAccount(source, scanner.valueStart, scanner.valueEnd, this.#leafRefs)
      const { storageRoot } = this.#leafRefs
      if (storageRoot >= 0) this.#stack.push({ path: this.#below(path, source), source, at: storageRoot })
    }
  }

  /** Where the key of the node that was scanned last leads. */
  #below(path: Path, source: Uint8Array): Path {
    const { keyStart, keyEnd, keyNibbles } = this.#scanner
    writeHexPrefixNibbles(source, keyStart, keyEnd, this.#key, 0)
    return (path + pathOfNibbles(this.#key, 0, keyNibbles)) as Path
  }
}

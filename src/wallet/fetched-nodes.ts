/**
 * What reads have fetched beside any sync, by hash: the nodes on the ways to what a wallet looks at, and codes. Those that
 * were not used for the longest time go first. What is here has been checked.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Keccak } from '../trie/keccak.ts'
import type { Path } from '../trie/path.ts'
import { SequenceCursor, sequencesOf } from '../trie/sequence.ts'
import type { WayNode } from '../trie/way.ts'

interface Kept {
  /** `null`: a code. */
  readonly path: Path | null
  readonly blob: Uint8Array
}

export class FetchedNodes {
  readonly #maxBytes: number
  /** By hash (hex digits), the one that was used last at the end. */
  readonly #kept = new Map<string, Kept>()
  #bytes = 0
  /** Hashes (hex digits) of nodes that {@link sequences} has not given. */
  readonly #fresh = new Set<string>()

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** A node or a code, which nobody writes to. */
  get(hash: Uint8Array): Uint8Array | undefined {
    if (this.#kept.size === 0) return undefined
    const hex = bytesToHex(hash)
    const kept = this.#kept.get(hex)
    if (kept === undefined) return undefined
    this.#kept.delete(hex)
    this.#kept.set(hex, kept)
    return kept.blob
  }

  addNodes(nodes: readonly WayNode[]): void {
    for (const { path, hash, blob } of nodes) {
      const hex = bytesToHex(hash)
      if (this.#add(hex, { path, blob })) this.#fresh.add(hex)
    }
  }

  addCode(hash: Uint8Array, bytes: Uint8Array): void {
    this.#add(bytesToHex(hash), { path: null, blob: bytes })
  }

  /** Takes in what {@link sequences} gave, whatever has become of it: each node is known by its own hash. */
  load(sequence: Uint8Array, keccak: Keccak): void {
    const cursor = new SequenceCursor(sequence)
    try {
      while (cursor.next()) {
        const blob = sequence.slice(cursor.start, cursor.end)
        this.#add(bytesToHex(keccak.digest(blob)), { path: cursor.path, blob })
      }
    } catch {
      // It was damaged: what is left of it is fetched again.
    }
  }

  /**
   * All nodes in path order, of several at one path the one that was used last, as sequences of at most `maxBytes` each; or
   * only those that were added since the last call.
   */
  sequences(maxBytes: number, onlyFresh = false): Uint8Array[] {
    const byPath = new Map<Path, Uint8Array>()
    for (const [hex, { path, blob }] of this.#kept) {
      if (path !== null && (!onlyFresh || this.#fresh.has(hex))) byPath.set(path, blob)
    }
    this.#fresh.clear()
    return sequencesOf(byPath, maxBytes)
  }

  clear(): void {
    this.#kept.clear()
    this.#fresh.clear()
    this.#bytes = 0
  }

  /** True: it was not here. */
  #add(hex: string, kept: Kept): boolean {
    if (this.#kept.has(hex)) return false
    this.#kept.set(hex, kept)
    this.#bytes += kept.blob.length
    for (const [oldest, { blob }] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) break
      this.#kept.delete(oldest)
      this.#fresh.delete(oldest)
      this.#bytes -= blob.length
    }
    return true
  }
}

/**
 * The nodes and codes fetched by reads outside of any sync, by hash. All of them have been checked. At the size limit,
 * the least recently used ones are dropped first.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { WayNode } from '../trie/check-way.ts'
import type { Keccak } from '../trie/keccak.ts'
import type { Path } from '../trie/path.ts'
import { SequenceCursor, sequencesOf } from '../trie/sequence.ts'

interface Kept {
  /** The path of a node; `null` for a code. */
  readonly path: Path | null
  readonly blob: Uint8Array
}

export class FetchedNodes {
  readonly #maxBytes: number
  /** By hash (hex digits), the most recently used last. */
  readonly #kept = new Map<string, Kept>()
  #bytes = 0
  /** The hashes (hex digits) of nodes not returned by {@link sequences} yet. */
  readonly #fresh = new Set<string>()

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Returns a node or a code. The caller must not write to the bytes. */
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

  /**
   * Adds the nodes of a sequence made by {@link sequences}. Damage is harmless: each node is stored under its own
   * computed hash.
   */
  load(sequence: Uint8Array, keccak: Keccak): void {
    const cursor = new SequenceCursor(sequence)
    try {
      while (cursor.next()) {
        const blob = sequence.slice(cursor.start, cursor.end)
        this.#add(bytesToHex(keccak.digest(blob)), { path: cursor.path, blob })
      }
    } catch {
      // The sequence was damaged: the rest is fetched again when needed.
    }
  }

  /**
   * Returns all nodes in path order, as sequences of at most `maxBytes` each. Of several nodes at one path, only the
   * most recently used is included. `onlyFresh` limits the result to nodes added since the last call.
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

  /** Adds an entry and drops old ones over the size limit. Returns true if the entry is new and stays. */
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
    // An entry larger than the limit does not stay itself.
    return this.#kept.has(hex)
  }
}

/**
 * Estimates the verified and the missing share of a target from the gaps alone. Hashed keys are spread evenly, so a gap
 * at depth d stands for 16^-d of its trie. A storage trie with open gaps weighs as much as the estimated size of its
 * missing part.
 */
import { nibbleAt, type Path, ROOT_PATH } from '../trie/path.ts'
import type { Scope } from '../trie/scope.ts'
import { MIN_KNOWN_SHARE, SINGLE_NODE_BYTES, UNKNOWN_TRIE_BYTES } from './constants.ts'
import type { Gap, TrieProgress } from './frontier-items.ts'

/** Bytes verified between two estimates: an estimate walks all gaps. */
const REFRESH_BYTES = 128 * 1024
/** Cells of the coverage picture: three nibbles. */
const CELLS = 4096
const CELL_NIBBLES = 3
/** Nibbles of `h` in a storage path `h ‖ s`. */
const ACCOUNT_NIBBLES = 64

const SHARES = Float64Array.from({ length: 65 }, (_, depth) => 16 ** -depth)

export class Estimate {
  #at = Number.NEGATIVE_INFINITY
  #verifiedBytes = 0
  /** Share of the account trie below gaps. */
  #openShare = 1
  /** Bytes missing from storage tries with open gaps. */
  #storageBytes = 0
  /** Bytes of the gaps requested node by node, without their subtrees. */
  #singleBytes = 0

  /** Computes the estimate again if more than `tolerance` bytes were verified since the last time. */
  refresh(gaps: Iterable<Gap>, verifiedBytes: number, tolerance: number = REFRESH_BYTES): void {
    // Near the start, the picture changes with every node.
    if (verifiedBytes - this.#at < Math.min(tolerance, verifiedBytes / 4)) return
    this.#at = verifiedBytes
    this.#verifiedBytes = verifiedBytes
    const tries = new Set<TrieProgress>()
    this.#openShare = 0
    this.#singleBytes = 0
    for (const { trie, path, maxNodes } of gaps) {
      if (maxNodes === 1) this.#singleBytes += SINGLE_NODE_BYTES
      if (trie === null) this.#openShare += SHARES[path.length]!
      else {
        if (!tries.has(trie)) trie.openShare = 0
        tries.add(trie)
        trie.openShare += SHARES[path.length - ACCOUNT_NIBBLES]!
      }
    }
    this.#storageBytes = 0
    for (const trie of tries) this.#storageBytes += missingOf(trie)
  }

  /** Returns the estimated bytes at and below a gap. */
  bytesBelow(gap: Gap): number {
    if (gap.trie === null) return this.#density() * SHARES[gap.path.length]!
    if (gap.trie.bytes === 0) return UNKNOWN_TRIE_BYTES
    return sizeOf(gap.trie) * SHARES[gap.path.length - ACCOUNT_NIBBLES]!
  }

  /** Returns the verified share, 0 to 1. */
  fraction(): number {
    const bytes = this.#verifiedBytes
    return bytes === 0 ? 0 : ((1 - this.#openShare) * bytes) / (bytes + this.#storageBytes)
  }

  missingBytes(): number {
    // If most of a state is on disk, the share below gaps says little about the number of changed nodes.
    return Math.max(this.#density() * this.#openShare + this.#storageBytes, this.#singleBytes)
  }

  /**
   * Returns {@link CELLS} cells, 0 to 1, by the first three nibbles of the hashed address. Unwanted cells are 0, too.
   */
  coverage(gaps: Iterable<Gap>, scope: Scope): Float32Array {
    const cells = new Float32Array(CELLS).fill(scope.isAll ? 1 : 0)
    for (const key of scope.keysBelow(ROOT_PATH, Number.POSITIVE_INFINITY)) cells[firstCell(key)] = 1
    const cellBytes = Math.max(1, this.#density() / CELLS)
    for (const gap of gaps) {
      const { path, trie } = gap
      const first = firstCell(path)
      if (trie !== null) cells[first]! -= Math.min(1, this.bytesBelow(gap) / cellBytes)
      else if (path.length >= CELL_NIBBLES) cells[first]! -= SHARES[path.length - CELL_NIBBLES]!
      else cells.fill(0, first, first + 16 ** (CELL_NIBBLES - path.length))
    }
    for (let i = 0; i < CELLS; i++) if (cells[i]! < 0) cells[i] = 0
    return cells
  }

  /** Returns the estimated bytes of the whole state, storage included. */
  #density(): number {
    return this.#verifiedBytes / Math.max(1 - this.#openShare, MIN_KNOWN_SHARE)
  }
}

function sizeOf(trie: TrieProgress): number {
  return trie.bytes / Math.max(1 - trie.openShare, MIN_KNOWN_SHARE * 64)
}

function missingOf(trie: TrieProgress): number {
  return trie.bytes === 0 ? UNKNOWN_TRIE_BYTES : sizeOf(trie) * trie.openShare
}

function firstCell(path: Path): number {
  let cell = 0
  for (let i = 0; i < CELL_NIBBLES; i++) cell = cell * 16 + (i < path.length ? nibbleAt(path, i) : 0)
  return cell
}

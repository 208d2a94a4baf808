/** Nodes of loose pages, by path: hints for future gaps, hashed before use. */
import { equalHash, type Keccak } from '../trie/keccak.ts'
import type { Ref } from '../trie/node-source.ts'
import { type Path, subtreeEnd } from '../trie/path.ts'
import { SequenceCursor } from '../trie/sequence.ts'

export class LooseNodes {
  readonly #nodes = new Map<Path, Uint8Array[]>()
  /** Paths of the nodes at the start, in order, including nodes taken since. */
  readonly #paths: Path[]

  constructor(sequences: readonly Uint8Array[]) {
    for (const bytes of sequences) this.#read(bytes)
    this.#paths = [...this.#nodes.keys()].sort()
  }

  has(path: Path): boolean {
    return this.#nodes.has(path)
  }

  /** True if there was a node at or below `path` at the start. */
  touchesSubtree(path: Path): boolean {
    let low = 0
    let high = this.#paths.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#paths[middle]! < path) low = middle + 1
      else high = middle
    }
    const next = this.#paths[low]
    return next !== undefined && next < subtreeEnd(path)
  }

  /** Adds a node for a gap that may want the node once the disk was asked. */
  add(path: Path, blob: Uint8Array): void {
    const blobs = this.#nodes.get(path)
    if (blobs === undefined) this.#nodes.set(path, [blob])
    else blobs.push(blob)
  }

  /** Removes the nodes kept for the path of `ref`. Returns the one with the hash of `ref`, or `undefined`. */
  take({ path, hash }: Ref, keccak: Keccak): Uint8Array | undefined {
    const blobs = this.#nodes.get(path)
    this.#nodes.delete(path)
    return blobs?.find((blob) => equalHash(keccak.digest(blob), hash))
  }

  #read(bytes: Uint8Array): void {
    const cursor = new SequenceCursor(bytes)
    try {
      while (cursor.next()) {
        this.add(cursor.path, bytes.subarray(cursor.start, cursor.end))
      }
    } catch {
      // A damaged loose page covers nothing: its other nodes are fetched again.
    }
  }
}

/** The paths covered by the pages of a generation: sorted stretches that do not touch, found by binary search. */
import { type Path, subtreeEnd } from '../trie/path.ts'
import type { Stretch } from './disk.ts'

export class Stretches {
  readonly list: readonly Stretch[]

  constructor(list: readonly Stretch[]) {
    this.list = list
  }

  /** True if the node at `path` itself is covered. */
  coversPath(path: Path): boolean {
    return this.#at(path) !== undefined
  }

  /** True if everything at and below `path` is covered. */
  coversSubtree(path: Path): boolean {
    const stretch = this.#at(path)
    return stretch !== undefined && stretch.end >= subtreeEnd(path)
  }

  /** True if any path at or below `path` is covered. */
  touchesSubtree(path: Path): boolean {
    if (this.list.length === 0) return false
    const next = this.list[this.#firstBehind(path)]
    return this.coversPath(path) || (next !== undefined && next.start < subtreeEnd(path))
  }

  #at(path: Path): Stretch | undefined {
    const stretch = this.list[this.#firstBehind(path) - 1]
    return stretch !== undefined && stretch.end > path ? stretch : undefined
  }

  /** Returns the index of the first stretch that starts after `path`. */
  #firstBehind(path: Path): number {
    let low = 0
    let high = this.list.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.list[middle]!.start <= path) low = middle + 1
      else high = middle
    }
    return low
  }
}

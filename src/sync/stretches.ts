/** What the pages of a generation cover: sorted stretches that do not touch, answered for by binary search. */
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

  /** True if something at or below `path` is covered. */
  touchesSubtree(path: Path): boolean {
    if (this.list.length === 0) return false
    const next = this.list[this.#firstBehind(path)]
    return this.coversPath(path) || (next !== undefined && next.start < subtreeEnd(path))
  }

  #at(path: Path): Stretch | undefined {
    const stretch = this.list[this.#firstBehind(path) - 1]
    return stretch !== undefined && stretch.end > path ? stretch : undefined
  }

  /** Index of the first stretch that starts behind `path`. */
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

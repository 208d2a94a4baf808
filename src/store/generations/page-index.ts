/**
 * What a generation's pages cover, known from their keys alone: loaded once when the store opens, kept up to date by
 * whoever writes. Covering pages never overlap, so their order by start is their order by end.
 */
import type { Counts, Stretch } from '../../sync/disk.ts'
import { END, type Path, type Position, subtreeEnd } from '../../trie/path.ts'
import { NO_COUNTS, type PageKey } from '../format/page-key.ts'

export class PageIndex {
  /** In order of `start`; invariant: each ends at or before the start of the next. */
  readonly #pages: PageKey[] = []
  #counts: Counts = { ...NO_COUNTS }
  #changes = 0

  /** Grows whenever a page comes or goes: what was concluded from its absence holds as long as this stands. */
  get changes(): number {
    return this.#changes
  }

  get size(): number {
    return this.#pages.length
  }

  /** Totals over all pages. */
  get counts(): Counts {
    return { ...this.#counts }
  }

  [Symbol.iterator](): Iterator<PageKey> {
    return this.#pages[Symbol.iterator]()
  }

  /** The page that covers `position`: it starts at or before it and ends behind it. */
  at(position: Position): PageKey | undefined {
    const page = this.#pages[this.#behind(position) - 1]
    return page !== undefined && page.end > position ? page : undefined
  }

  /** The page that covers `position`, else the first one behind it. */
  from(position: Position): PageKey | undefined {
    return this.at(position) ?? this.#pages[this.#behind(position)]
  }

  /** The pages that cover some part of the stretch, in order. */
  within(stretch: Stretch): PageKey[] {
    let from = this.#behind(stretch.start)
    if (from > 0 && this.#pages[from - 1]!.end > stretch.start) from--
    let to = from
    while (to < this.#pages.length && this.#pages[to]!.start < stretch.end) to++
    return this.#pages.slice(from, to)
  }

  /** Where the first page behind `position` starts; `END` if there is none. */
  nextStart(position: Position): Position {
    return this.#pages[this.#behind(position)]?.start ?? END
  }

  /** True if pages without a break between them cover everything at and below `path`. */
  coversSubtree(path: Path): boolean {
    const end = subtreeEnd(path)
    let page = this.at(path)
    while (page !== undefined && page.end < end) page = this.at(page.end)
    return page !== undefined
  }

  /** What is covered: in path order, neighbours joined. */
  stretches(): Stretch[] {
    const joined: { start: Position; end: Position }[] = []
    for (const { start, end } of this.#pages) {
      const last = joined.at(-1)
      if (last?.end === start) last.end = end
      else joined.push({ start, end })
    }
    return joined
  }

  /** True if it is this page, not merely one of the same stretch, that is in the index. */
  has(page: PageKey): boolean {
    return this.at(page.start) === page
  }

  /** Adds a page; the caller has made sure that {@link within} has none of its stretch. */
  add(page: PageKey): void {
    this.#pages.splice(this.#behind(page.start), 0, page)
    this.#note(page.counts, 1)
  }

  remove(page: PageKey): void {
    if (!this.has(page)) return
    this.#pages.splice(this.#behind(page.start) - 1, 1)
    this.#note(page.counts, -1)
  }

  clear(): void {
    this.#pages.length = 0
    this.#counts = { ...NO_COUNTS }
    this.#changes++
  }

  /** The index of the first page that starts behind `position`. */
  #behind(position: Position): number {
    let low = 0
    let high = this.#pages.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#pages[middle]!.start <= position) low = middle + 1
      else high = middle
    }
    return low
  }

  #note(counts: Counts, sign: 1 | -1): void {
    const total = this.#counts
    this.#changes++
    total.nodes += sign * counts.nodes
    total.bytes += sign * counts.bytes
    total.accounts += sign * counts.accounts
    total.slots += sign * counts.slots
  }
}

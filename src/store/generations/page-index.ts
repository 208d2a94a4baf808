/**
 * The coverage of a generation's pages, known from their keys alone. Loaded once when the store opens, and kept up to
 * date with every write. Covering pages never overlap, so their order by start is their order by end.
 */
import type { Counts, Stretch } from '../../sync/disk.ts'
import { END, type Path, type Position, subtreeEnd } from '../../trie/path.ts'
import { NO_COUNTS, type PageKey } from '../format/page-key.ts'

export class PageIndex {
  /** In order of `start`; invariant: each page ends at or before the start of the next. */
  readonly #pages: PageKey[] = []
  #counts: Counts = { ...NO_COUNTS }
  #changes = 0

  /** Grows whenever a page comes or goes. A conclusion from the absence of a page holds until then. */
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

  /** Returns the page covering `position`: starting at or before `position`, and ending behind. */
  at(position: Position): PageKey | undefined {
    const page = this.#pages[this.#behind(position) - 1]
    return page !== undefined && page.end > position ? page : undefined
  }

  /** Returns the page covering `position`, else the first page behind. */
  from(position: Position): PageKey | undefined {
    return this.at(position) ?? this.#pages[this.#behind(position)]
  }

  /** Returns the pages covering some part of the stretch, in order. */
  within(stretch: Stretch): PageKey[] {
    let from = this.#behind(stretch.start)
    if (from > 0 && this.#pages[from - 1]!.end > stretch.start) from--
    let to = from
    while (to < this.#pages.length && this.#pages[to]!.start < stretch.end) to++
    return this.#pages.slice(from, to)
  }

  /** Returns the start of the first page behind `position`; `END` if there is none. */
  nextStart(position: Position): Position {
    return this.#pages[this.#behind(position)]?.start ?? END
  }

  /** True if pages without a break cover everything at and below `path`. */
  coversSubtree(path: Path): boolean {
    const end = subtreeEnd(path)
    let page = this.at(path)
    while (page !== undefined && page.end < end) page = this.at(page.end)
    return page !== undefined
  }

  /** Returns the covered stretches, in path order, neighbours joined. */
  stretches(): Stretch[] {
    const joined: { start: Position; end: Position }[] = []
    for (const { start, end } of this.#pages) {
      const last = joined.at(-1)
      if (last?.end === start) last.end = end
      else joined.push({ start, end })
    }
    return joined
  }

  /** True if this very page is in the index, and not merely one of the same stretch. */
  has(page: PageKey): boolean {
    return this.at(page.start) === page
  }

  /** Adds a page. The caller has made sure with {@link within} that no page overlaps. */
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

  /** Returns the index of the first page starting behind `position`. */
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

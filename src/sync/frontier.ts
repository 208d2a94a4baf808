/**
 * The frontier: the gaps of a target in path order, and the verified nodes between them. A doubly linked list of
 *
 * - gaps: refs not fetched yet (an `unresolved` gap may be on disk: the disk has not been asked yet),
 * - spans: verified nodes that are not on disk, at most one page of them each, and
 * - stored stretches: paths covered by pages, on disk or handed out to be written.
 *
 * Subtrees provably in older generations are not in the list. The item before such a subtree covers it: a page ends
 * only where the next item starts. A stored stretch has a fixed end, so nothing is skipped right behind one.
 *
 * Invariant: every path of the target is in a span, in a stored stretch, at or below a gap, or provably in an older
 * generation. Two spans never touch, nor do two stored stretches. This file knows the list but no nodes;
 * `run-filler.ts` fills the list.
 */
import type { Ref } from '../trie/node-source.ts'
import { END, type Path, type Position } from '../trie/path.ts'
import { entryBytes, SequenceWriter } from '../trie/sequence.ts'
import { MAX_PAGE_BYTES } from './constants.ts'
import type { Counts, Page, Stretch } from './disk.ts'
import type { Edge, FrontierItem, Gap, Linked, Span, Stored } from './frontier-items.ts'
import { Twins } from './twins.ts'

const NO_REFS: readonly Ref[] = []

/**
 * Returns counts of nothing.
 * @internal exported for tests
 */
export const noCounts = (): Counts => ({ nodes: 0, bytes: 0, accounts: 0, slots: 0 })

/**
 * Adds `more` to `counts`.
 * @internal exported for tests
 */
export function addCounts(counts: Counts, more: Readonly<Counts>): void {
  counts.nodes += more.nodes
  counts.bytes += more.bytes
  counts.accounts += more.accounts
  counts.slots += more.slots
}

export class Frontier {
  readonly head: FrontierItem
  readonly tail: FrontierItem
  readonly gaps = new Map<Path, Gap>()
  /** Open gaps of storage tries by hash: many accounts have equal storage tries. */
  readonly twins = new Twins()
  #pages: Page[] = []
  /** Spans that cannot grow: no gap on either side. */
  #closed = new Set<Span>()
  /** Bytes in spans and in waiting pages. */
  heldBytes = 0

  readonly #pageBytes: number

  constructor(stretches: readonly Stretch[], pageBytes = MAX_PAGE_BYTES) {
    this.#pageBytes = pageBytes
    this.head = { kind: 'edge', start: '' } as Edge
    this.tail = { kind: 'edge', start: END } as Edge
    this.head.next = this.tail
    this.tail.prev = this.head
    let at: FrontierItem = this.head
    for (const { start, end } of stretches) at = this.#link(at, { kind: 'stored', start, end } as Stored)
  }

  /** Full pages, waiting for {@link takePages}. */
  get waitingPages(): readonly Page[] {
    return this.#pages
  }

  /** Iterates over the items in path order. */
  *items(): IterableIterator<FrontierItem> {
    for (let item = this.head.next; item !== this.tail; item = item.next) yield item
  }

  /** Returns the sequence around `path`: a waiting page, or the nodes of a span. */
  sequenceAt(path: Path): Uint8Array | undefined {
    const page = this.#pages.find(({ start, end }) => start <= path && path < end)
    if (page !== undefined) return page.bytes
    for (const item of this.items()) {
      if (item.start > path) return undefined
      if (item.kind === 'span' && path < item.next.start) return item.writer.view()
    }
    return undefined
  }

  /** Inserts a gap after `at`, and after every item that starts before the gap. */
  insertGap(at: FrontierItem, gap: Omit<Gap, keyof Linked | 'kind' | 'inFlight' | 'attempts' | 'olds'>): Gap {
    const item = { kind: 'gap', start: gap.path, inFlight: 0, attempts: null, olds: NO_REFS, ...gap } as Gap
    this.#link(this.skipTo(at, gap.path), item)
    this.gaps.set(gap.path, item)
    if (gap.trie !== null) this.twins.add(item)
    return item
  }

  /** Removes a gap: its node is known now. Returns the item before the gap. */
  removeGap(gap: Gap): FrontierItem {
    this.#unlink(gap)
    this.gaps.delete(gap.path)
    if (gap.trie !== null) this.twins.delete(gap)
    return gap.prev
  }

  /** Returns the last item, from `at` on, that starts before `position`. */
  skipTo(at: FrontierItem, position: Position): FrontierItem {
    let item = at
    while (item.next !== this.tail && item.next.start < position) item = item.next
    return item
  }

  /** Returns the span for a node at `path` right behind `at`: `at` itself, or a new span. */
  spanBehind(at: FrontierItem, path: Path): Span {
    if (at.kind === 'span') return at
    return this.#link(at, {
      kind: 'span',
      start: path,
      writer: new SequenceWriter(),
      counts: noCounts(),
      codes: [],
    } as unknown as Span)
  }

  /**
   * Makes a page of all nodes in the span, up to the known position `end`. The span stays, empty, and now starts at
   * `end`.
   */
  seal(span: Span, end: Position): void {
    const { start, counts, codes } = span
    this.#pages.push({ start, end, bytes: span.writer.take(), counts, codes })
    span.counts = noCounts()
    span.codes = []
    span.start = end
    const before = span.prev
    if (before.kind === 'stored' && before.end === start) before.end = end
    else this.#link(before, { kind: 'stored', start, end } as Stored)
  }

  /**
   * Drops `span` if empty; otherwise joins the next span to `span`, and notes whether `span` can still grow. To be
   * called when the items around `span` are final.
   */
  settle(span: Span): void {
    if (span.writer.length === 0) {
      this.#drop(span)
      return
    }
    if (span.next.kind === 'span') this.#joinNext(span)
    if (span.prev.kind !== 'gap' && span.next.kind !== 'gap') this.#closed.add(span)
    else this.#closed.delete(span)
  }

  /** Settles the spans next to a removed item. */
  settleNeighbours(item: FrontierItem): void {
    for (const neighbour of [item.prev, item, item.next]) {
      // A span that was joined with the one before has left the list.
      if (neighbour?.kind === 'span' && neighbour.prev.next === neighbour) this.settle(neighbour)
    }
  }

  /** Returns full pages, and pages that cannot grow any more. The caller writes them. */
  takePages(): Page[] {
    for (const span of this.#closed) {
      const end = span.next.start
      this.seal(span, end)
      this.#drop(span)
    }
    this.#closed.clear()
    const pages = this.#pages
    this.#pages = []
    for (const page of pages) this.heldBytes -= page.bytes.length
    return pages
  }

  /** True if one more entry does not fit into the page of the span. */
  isFull(span: Span, suffixNibbles: number, nodeBytes: number): boolean {
    return span.writer.length > 0 && span.writer.length + entryBytes(suffixNibbles, nodeBytes) > this.#pageBytes
  }

  /** Returns all nodes in spans, as sequences of at most one page each. The spans stay. */
  looseSequences(): Uint8Array[] {
    const sequences: Uint8Array[] = []
    const writer = new SequenceWriter()
    for (let item = this.head.next; item !== this.tail; item = item.next) {
      if (item.kind !== 'span') continue
      if (writer.length > 0 && writer.length + item.writer.length > this.#pageBytes) {
        sequences.push(writer.take())
      }
      writer.appendSequence(item.writer.view(), item.writer.last!)
    }
    if (writer.length > 0) sequences.push(writer.take())
    return sequences
  }

  /** Moves the nodes of the next span to the end of this one. */
  #joinNext(span: Span): void {
    const next = span.next as Span
    if (span.writer.length + next.writer.length > this.#pageBytes) this.seal(span, next.start)
    span.writer.appendSequence(next.writer.view(), next.writer.last!)
    addCounts(span.counts, next.counts)
    span.codes.push(...next.codes)
    this.#drop(next)
  }

  #drop(span: Span): void {
    this.#unlink(span)
    this.#closed.delete(span)
    const { prev, next } = span
    if (prev.kind === 'stored' && next.kind === 'stored' && prev.end === next.start) {
      prev.end = next.end
      this.#unlink(next)
    }
  }

  #link<T extends FrontierItem>(at: FrontierItem, item: T): T {
    item.prev = at
    item.next = at.next
    at.next.prev = item
    at.next = item
    return item
  }

  #unlink(item: FrontierItem): void {
    item.prev.next = item.next
    item.next.prev = item.prev
  }
}

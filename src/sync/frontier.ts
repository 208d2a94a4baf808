/**
 * The frontier: the gaps of a target in path order, with what is verified between them. A doubly linked list of
 *
 * - gaps: refs that have not been fetched (or, `unresolved`, which the disk may hold and has not been asked for yet),
 * - spans: verified nodes that are not on disk, at most one page of them each, and
 * - stored stretches: what is in pages, on disk or handed out for it.
 *
 * What older generations provably have is not in the list: it belongs to the item before it, whose page will end only where
 * the next item starts, and so covers it. A stored stretch has ended already, so nothing is skipped right behind one.
 *
 * Invariant: every path of the target is in a span, in a stored stretch, at or below a gap, or provably in an older
 * generation. Two spans never touch, nor do two stored stretches. This file knows the list and nothing of nodes;
 * `run-filler.ts` fills it.
 */
import type { Ref } from '../trie/node-source.ts'
import { END, type Path, type Position } from '../trie/path.ts'
import { entryBytes, SequenceWriter } from '../trie/sequence.ts'
import { MAX_PAGE_BYTES } from './constants.ts'
import type { Counts, Page, Stretch } from './disk.ts'
import type { SyncPeer } from './peer.ts'
import { Twins } from './twins.ts'

/** What is known of the size of a storage trie while gaps of it are open. */
export interface TrieProgress {
  /** Bytes verified in it. */
  bytes: number
  /** Share of its key space that lies below gaps; kept by the estimate. */
  openShare: number
}

interface Linked {
  prev: Item
  next: Item
  readonly start: Position
}

/** A ref that has not been fetched. */
export interface Gap extends Linked {
  readonly kind: 'gap'
  readonly start: Path
  readonly path: Path
  readonly hash: Uint8Array
  /** 1: something below may be on disk, in this generation or an older one, so a run would fetch it again; 0: any run. */
  maxNodes: number
  /** `own`: covered, and has to be read before its children are known; `older`: older generations may have it. */
  unresolved: 'own' | 'older' | null
  /** What the base has at, or first below, this path; `null`: nothing, or not known. */
  readonly old: Ref | null
  /** The same for the paths of its children, once the disk was asked. */
  olds: readonly Ref[]
  /** Requests that ask for it, or reads of it. */
  inFlight: number
  /** Peers that answered with nothing. A peer that comes back is another one. */
  attempts: Set<SyncPeer> | null
  /** Of the storage trie that it belongs to; `null` in the account trie. */
  readonly trie: TrieProgress | null
}

/** Verified nodes from `start` up to the next item. */
export interface Span extends Linked {
  readonly kind: 'span'
  start: Position
  readonly writer: SequenceWriter
  counts: Counts
  codes: string[]
}

/** A stretch that is in pages. */
export interface Stored extends Linked {
  readonly kind: 'stored'
  start: Position
  end: Position
}

interface Edge extends Linked {
  readonly kind: 'edge'
}

export type Item = Gap | Span | Stored | Edge

const NO_REFS: readonly Ref[] = []

export const noCounts = (): Counts => ({ nodes: 0, bytes: 0, accounts: 0, slots: 0 })

/** Adds `more` to `counts`. */
export function addCounts(counts: Counts, more: Readonly<Counts>): void {
  counts.nodes += more.nodes
  counts.bytes += more.bytes
  counts.accounts += more.accounts
  counts.slots += more.slots
}

export class Frontier {
  readonly head: Item
  readonly tail: Item
  readonly gaps = new Map<Path, Gap>()
  /** Open gaps of storage tries by hash: equal tries stand below many accounts. */
  readonly twins = new Twins()
  #pages: Page[] = []
  /** Spans that cannot grow: no gap on either side. */
  #closed = new Set<Span>()
  /** Bytes in spans and in pages that wait. */
  heldBytes = 0

  readonly #pageBytes: number

  constructor(stretches: readonly Stretch[], pageBytes = MAX_PAGE_BYTES) {
    this.#pageBytes = pageBytes
    this.head = { kind: 'edge', start: '' } as Edge
    this.tail = { kind: 'edge', start: END } as Edge
    this.head.next = this.tail
    this.tail.prev = this.head
    let at: Item = this.head
    for (const { start, end } of stretches) at = this.#link(at, { kind: 'stored', start, end } as Stored)
  }

  /** Full pages that wait for {@link takePages}. */
  get waitingPages(): readonly Page[] {
    return this.#pages
  }

  /** Puts a gap behind `at`, and behind whatever starts before it. */
  insertGap(at: Item, gap: Omit<Gap, keyof Linked | 'kind' | 'inFlight' | 'attempts' | 'olds'>): Gap {
    const item = { kind: 'gap', start: gap.path, inFlight: 0, attempts: null, olds: NO_REFS, ...gap } as Gap
    this.#link(this.skipTo(at, gap.path), item)
    this.gaps.set(gap.path, item)
    if (gap.trie !== null) this.twins.add(item)
    return item
  }

  /** Takes a gap out, because its node is known now. Returns the item before it. */
  removeGap(gap: Gap): Item {
    this.#unlink(gap)
    this.gaps.delete(gap.path)
    if (gap.trie !== null) this.twins.delete(gap)
    return gap.prev
  }

  /** The last item from `at` on that starts before `position`. */
  skipTo(at: Item, position: Position): Item {
    let item = at
    while (item.next !== this.tail && item.next.start < position) item = item.next
    return item
  }

  /** The span that a node at `path` right behind `at` goes to: `at` itself, or a new one. */
  spanBehind(at: Item, path: Path): Span {
    if (at.kind === 'span') return at
    return this.#link(at, {
      kind: 'span',
      start: path,
      writer: new SequenceWriter(),
      counts: noCounts(),
      codes: [],
    } as unknown as Span)
  }

  /** Makes a page of all that the span holds, up to the known position `end`. The span stays, empty, and starts there. */
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

  /** To be called when the surroundings of `span` have settled: joins it with its neighbours, or finds it closed. */
  settle(span: Span): void {
    if (span.writer.length === 0) {
      this.#drop(span)
      return
    }
    if (span.next.kind === 'span') this.#joinNext(span)
    if (span.prev.kind !== 'gap' && span.next.kind !== 'gap') this.#closed.add(span)
    else this.#closed.delete(span)
  }

  /** Looks again at a span whose neighbour has gone. */
  settleNeighbours(item: Item): void {
    for (const neighbour of [item.prev, item, item.next]) {
      // One that was joined with the one before it is in the list no longer.
      if (neighbour?.kind === 'span' && neighbour.prev.next === neighbour) this.settle(neighbour)
    }
  }

  /** Full pages, and what cannot become fuller; the caller writes them. */
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

  /** True if one more entry does not fit into the span's page any more. */
  isFull(span: Span, suffixNibbles: number, nodeBytes: number): boolean {
    return span.writer.length > 0 && span.writer.length + entryBytes(suffixNibbles, nodeBytes) > this.#pageBytes
  }

  /** Everything in spans, as sequences of at most a page each; the spans stay. */
  looseSequences(): Uint8Array[] {
    const sequences: Uint8Array[] = []
    let writer = new SequenceWriter()
    for (let item = this.head.next; item !== this.tail; item = item.next) {
      if (item.kind !== 'span') continue
      if (writer.length > 0 && writer.length + item.writer.length > this.#pageBytes) {
        sequences.push(writer.take())
        writer = new SequenceWriter()
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

  #link<T extends Item>(at: Item, item: T): T {
    item.prev = at
    item.next = at.next
    at.next.prev = item
    at.next = item
    return item
  }

  #unlink(item: Item): void {
    item.prev.next = item.next
    item.next.prev = item.prev
  }
}

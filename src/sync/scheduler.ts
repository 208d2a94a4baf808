/**
 * The scheduler: the frontier of one target, behind the four verbs of the original (geth's `trie.Sync`), `missing`,
 * `process`, `commit` and `pending`. Pure: no clock, no network, no disk. The knowledge of the disk comes in through
 * `Contents` and `resolve`.
 *
 * DIFF FROM GETH: a node is kept as soon as its own hash is checked, not only once its subtree is complete. Pages say
 * which paths they cover, and the invariant of `frontier.ts` replaces "a stored node's subtree is stored".
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { EMPTY_ROOT_HEX } from '../trie/account.ts'
import { checkWay, type WayNode } from '../trie/check-way.ts'
import { equalHash, type Keccak } from '../trie/keccak.ts'
import type { LeafCallback } from '../trie/leaf.ts'
import type { Ref } from '../trie/node-source.ts'
import { KEY_NIBBLES, type Path, ROOT_PATH, subtreeEnd } from '../trie/path.ts'
import { rlpItemEnd } from '../trie/rlp.ts'
import type { Scope } from '../trie/scope.ts'
import { childRefs } from './child-refs.ts'
import { CodeQueue } from './code-queue.ts'
import { MAX_HELD_BYTES, MAX_OPEN_GAPS, MIN_OPEN_GAPS, SINGLE_NODE_BYTES } from './constants.ts'
import { type Delivery, deliveryOf } from './delivery.ts'
import type { Counts, Page } from './disk.ts'
import { Estimate } from './estimate.ts'
import { Frontier } from './frontier.ts'
import type { FrontierItem, Gap, TrieProgress } from './frontier-items.ts'
import { LooseNodes } from './loose-nodes.ts'
import { counterpart, isSame, type Resolution } from './resolution.ts'
import { type Lie, RunFiller } from './run-filler.ts'
import type { SchedulerOptions } from './scheduler-options.ts'
import { Stretches } from './stretches.ts'

export class Scheduler {
  readonly codes: CodeQueue
  /**
   * All nodes verified for this target, on disk or in memory, in this session and earlier ones. Loose nodes count once.
   */
  readonly counts: Counts
  readonly #frontier: Frontier
  readonly #stretches: Stretches
  readonly #loose: LooseNodes
  readonly #filler: RunFiller
  readonly #keccak: Keccak
  readonly #leaf: LeafCallback | undefined
  readonly #hasOlder: boolean
  /** The wanted part of the state, and the stored part of the base's state. */
  readonly scope: Scope
  readonly baseScope: Scope
  readonly #estimate = new Estimate()
  readonly #unresolved = new Set<Gap>()
  /** Gaps with a node in a loose page: filled before `process` and `resolve` return. */
  readonly #fromLoose: Gap[] = []

  constructor(options: SchedulerOptions) {
    const { contents, keccak, leaf } = options
    this.#keccak = keccak
    this.#leaf = leaf
    this.#hasOlder = contents.hasOlder
    this.scope = contents.scope
    this.baseScope = contents.baseScope
    this.counts = { ...contents.counts }
    this.codes = new CodeQueue(contents.codes, contents.wanted, contents.codeCounts)
    this.#stretches = new Stretches(contents.stretches)
    this.#loose = new LooseNodes(contents.loose)
    this.#frontier = new Frontier(contents.stretches, options.pageBytes)
    this.#filler = new RunFiller({
      frontier: this.#frontier,
      keccak,
      leaf,
      totals: this.counts,
      scope: contents.scope,
      placeRef: (at, path, hash, trie, gap) => this.#place(at, path, hash, trie, counterpart(gap.olds, path)),
      onCode: (hash) => this.codes.add(hash),
    })
    const isEmpty = bytesToHex(options.root) === EMPTY_ROOT_HEX
    const old = contents.base === null ? null : { path: ROOT_PATH, hash: contents.base }
    if (!contents.complete && !isEmpty) this.#place(this.#frontier.head, ROOT_PATH, options.root, null, old)
    this.#fillFromLoose()
  }

  /** The number of gaps, unresolved refs included, and of codes. 0: everything is verified. */
  get pending(): number {
    return this.#frontier.gaps.size + this.codes.pending
  }

  /** Gaps to be requested or to be resolved by the disk. */
  get gaps(): ReadonlyMap<Path, Gap> {
    return this.#frontier.gaps
  }

  /** Verified bytes not handed out as pages yet. */
  get heldBytes(): number {
    return this.#frontier.heldBytes
  }

  /**
   * Hands out free gaps in path order until their estimated bytes reach `maxBytes`, at most `maxRefs` of them. `mayAsk`
   * excludes gaps, such as those a peer has tried already. The gaps are in flight until {@link release}. Only gaps near
   * the start of the frontier are considered. Their number shrinks as more verified bytes are held (`heldElsewhere`:
   * bytes of pages being written).
   */
  missing(maxBytes: number, maxRefs: number, heldElsewhere = 0, mayAsk: (gap: Gap) => boolean = () => true): Gap[] {
    const free = 1 - (this.heldBytes + heldElsewhere) / MAX_HELD_BYTES
    const window = Math.max(MIN_OPEN_GAPS, Math.floor(MAX_OPEN_GAPS * free))
    const gaps: Gap[] = []
    this.#estimate.refresh(this.#frontier.gaps.values(), this.counts.bytes)
    let bytes = 0
    let seen = 0
    const { tail } = this.#frontier
    for (let item = this.#frontier.head.next; item !== tail && seen < window && bytes < maxBytes; item = item.next) {
      if (gaps.length >= maxRefs) break
      if (item.kind !== 'gap') continue
      seen++
      if (item.inFlight > 0 || item.unresolved !== null || !mayAsk(item)) continue
      if (item.trie !== null && this.#frontier.twins.isAsked(item)) continue
      item.inFlight++
      gaps.push(item)
      bytes += item.maxNodes === 1 ? SINGLE_NODE_BYTES : this.#estimate.bytesBelow(item)
    }
    return gaps
  }

  /** Ends a request's claim on its gaps; gaps still open are free again. */
  release(gaps: readonly Gap[]): void {
    for (const gap of gaps) if (gap.inFlight > 0) gap.inFlight--
  }

  /**
   * Checks a run from its own ref down and takes the true nodes. Every verified node fills any open gap with its path
   * and hash, even if the ref itself is no gap any more (late, hedged). Uses about `maxBytes` of the run and returns
   * true if there is more to do. A lie ends the delivery, but the nodes verified before are kept. Throws `badRoot`.
   */
  process(delivery: Delivery, maxBytes: number = Number.POSITIVE_INFINITY): boolean {
    const { run, expected } = delivery
    const limit = Math.min(run.length, delivery.at + maxBytes)
    while (delivery.at < limit && delivery.lie === null) {
      const ref = expected.pop()
      if (ref === undefined) delivery.lie = 'tooMuch'
      else {
        const gap = this.#gapOf(ref)
        if (gap === undefined) this.#walk(delivery, ref)
        else this.#fill(delivery, gap, limit)
      }
    }
    this.#fillFromLoose()
    return delivery.at < run.length && delivery.lie === null
  }

  /**
   * Takes a node checked elsewhere. Returns true if a gap has this path and hash. An unresolved gap keeps the node
   * until the disk was asked. Throws `badRoot`.
   */
  offer({ path, hash, blob }: WayNode): boolean {
    const gap = this.#frontier.gaps.get(path)
    if (gap === undefined || !equalHash(gap.hash, hash)) return false
    if (gap.unresolved !== null) this.#loose.add(path, blob)
    else this.process(deliveryOf(gap, blob))
    return true
  }

  /**
   * Returns at most `limit` wanted keys below a gap, to be requested as ways. None if the gap's subtree is wanted
   * whole, or the gap alone: then the gap is requested as a run.
   */
  keysBelow({ path }: Gap, limit: number): Path[] {
    return this.scope.includesSubtree(path) ? [] : this.scope.keysBelow(path, limit)
  }

  /**
   * Checks a way from a gap's ref down, and takes the true nodes. Returns the reason for refusing the rest. Throws
   * `badRoot`.
   */
  processWay(ref: Ref, key: Path, way: Uint8Array): Lie | null {
    const { nodes, lie } = checkWay(ref, key, way, this.#keccak)
    for (const node of nodes) this.offer(node)
    return lie
  }

  /**
   * Returns pages to be written: full ones, and pages that cannot grow any more. The caller keeps them until they are
   * on disk.
   */
  commit(): Page[] {
    return this.#frontier.takePages()
  }

  /** Returns the verified nodes that fill no page yet, as sequences. The nodes stay in the frontier. */
  looseSequences(): Uint8Array[] {
    return this.#frontier.looseSequences()
  }

  /** Hands out at most `limit` refs to be looked up on disk. The caller answers each one with {@link resolve}. */
  unresolved(limit: number): Gap[] {
    const gaps: Gap[] = []
    for (const gap of this.#unresolved) {
      if (gaps.length >= limit) break
      if (gap.inFlight > 0) continue
      gap.inFlight++
      gaps.push(gap)
    }
    return gaps
  }

  /** Takes the disk's checked answer for an unresolved ref. Throws `badRoot`. */
  resolve(gap: Gap, { found, blob, olds, isTouched }: Resolution): void {
    if (this.#frontier.gaps.get(gap.path) !== gap) return
    this.#unresolved.delete(gap)
    gap.olds = olds
    gap.unresolved = null
    gap.inFlight = 0
    if (found === 'own') this.#expand(gap, blob)
    else if (found === 'whole' && this.#maySkip(gap.prev, gap.path)) {
      this.#frontier.removeGap(gap)
      this.#frontier.settleNeighbours(gap)
    } else if (found !== 'nothing') {
      gap.maxNodes = 1
      this.#filler.fill(gap, blob, 0, blob.length)
    } else {
      if (isTouched) gap.maxNodes = 1
      if (this.#loose.has(gap.path)) this.#fromLoose.push(gap)
    }
    this.#fillFromLoose()
  }

  /** Returns the sequence around `path` that `commit` has not handed out, for reads during the sync. */
  sequenceAt(path: Path): Uint8Array | undefined {
    return this.#frontier.sequenceAt(path)
  }

  /** Returns the verified share of the target, 0 to 1, by estimate; see `estimate.ts`. */
  fraction(): number {
    this.#estimate.refresh(this.#frontier.gaps.values(), this.counts.bytes, 0)
    return this.pending === 0 ? 1 : this.#estimate.fraction()
  }

  /** Returns the number of missing bytes, by estimate. */
  missingBytes(): number {
    this.#estimate.refresh(this.#frontier.gaps.values(), this.counts.bytes)
    return this.#estimate.missingBytes()
  }

  /** Returns the key space by its first three nibbles: 4,096 cells, each 0 (unknown) to 1 (verified). */
  coverage(): Float32Array {
    return this.#estimate.coverage(this.#frontier.gaps.values(), this.scope)
  }

  /** Iterates over the frontier in path order. */
  items(): IterableIterator<FrontierItem> {
    return this.#frontier.items()
  }

  /** Full pages, to be handed out by {@link commit}. */
  get waitingPages(): readonly Page[] {
    return this.#frontier.waitingPages
  }

  /** RESOLVE: asks whether the disk already holds this ref, before a gap exists, and not only after a restart. */
  #place(at: FrontierItem, path: Path, hash: Uint8Array, trie: TrieProgress | null, old: Ref | null): FrontierItem {
    if (this.#stretches.coversSubtree(path)) return this.#frontier.skipTo(at, subtreeEnd(path))
    const isCovered = this.#stretches.coversPath(path)
    const isWanted = this.scope.includes(path)
    if (isCovered && !isWanted) return this.#frontier.skipTo(at, subtreeEnd(path))
    if (!isCovered && (!isWanted || (isSame(old, path, hash) && this.baseScope.contains(this.scope, path)))) {
      const before = this.#frontier.skipTo(at, path)
      if (this.#maySkip(before, path)) return before
    }
    const unresolved = isCovered ? 'own' : this.#hasOlder || old !== null ? 'older' : null
    const isTouched = this.#stretches.touchesSubtree(path) || this.#loose.touchesSubtree(path)
    const maxNodes = isTouched || old !== null || !this.scope.includesSubtree(path) ? 1 : 0
    const gap = this.#frontier.insertGap(at, { path, hash, trie, unresolved, maxNodes, old })
    if (unresolved !== null) this.#unresolved.add(gap)
    else if (this.#loose.has(path)) this.#fromLoose.push(gap)
    return gap
  }

  /**
   * True if the item before can cover the subtree, stored in an older generation, and no page here covers any part of
   * it.
   */
  #maySkip(before: FrontierItem, path: Path): boolean {
    return (before.kind === 'span' || before.kind === 'gap') && !this.#stretches.touchesSubtree(path)
  }

  /** Replaces the gap of a covered node by the node's children. */
  #expand(gap: Gap, blob: Uint8Array): void {
    let at = this.#frontier.removeGap(gap)
    for (const ref of childRefs(gap.path, blob, this.#leaf)) {
      const trie = this.#leaf === undefined || ref.path.length < KEY_NIBBLES ? null : (gap.trie ?? newTrie())
      at = this.#place(at, ref.path, ref.hash, trie, counterpart(gap.olds, ref.path))
    }
    this.#frontier.settleNeighbours(gap)
  }

  #gapOf(ref: Ref): Gap | undefined {
    const gap = this.#frontier.gaps.get(ref.path)
    return gap !== undefined && gap.unresolved === null && equalHash(gap.hash, ref.hash) ? gap : undefined
  }

  #fill(delivery: Delivery, gap: Gap, limit: number): void {
    const { run, expected } = delivery
    const filler = this.#filler
    delivery.useful += filler.fill(gap, run, delivery.at, limit)
    delivery.at = filler.at
    delivery.lie = filler.lie
    expected.push(...filler.rest)
    if (filler.twinOffsets.length > 0) this.#fillTwins(run, filler.twinOffsets.slice(), filler.at)
  }

  /** Fills gaps elsewhere that want the nodes at `offsets`: the run is the same below each of them. */
  #fillTwins(run: Uint8Array, offsets: readonly number[], limit: number): void {
    for (const offset of offsets) {
      const end = rlpItemEnd(run, offset, run.length)
      for (const twin of this.#frontier.twins.of(this.#keccak.digest(run.subarray(offset, end)))) {
        // Filled meanwhile, or about to be read from the disk.
        if (twin.unresolved !== null || this.#frontier.gaps.get(twin.path) !== twin) continue
        this.#filler.fill(twin, run, offset, limit)
      }
    }
  }

  /** Checks one node of a run. The ref of the node is not a gap, but its children may be gaps. */
  #walk(delivery: Delivery, ref: Ref): void {
    const { run } = delivery
    const end = rlpItemEnd(run, delivery.at, run.length)
    if (end < 0) {
      delivery.lie = 'malformed'
      return
    }
    const blob = run.subarray(delivery.at, end)
    if (!equalHash(this.#keccak.digest(blob), ref.hash)) {
      delivery.lie = 'wrongHash'
      return
    }
    const offset = delivery.at
    delivery.at = end
    delivery.wasted++
    delivery.expected.push(...childRefs(ref.path, blob, this.#leaf).reverse())
    if (ref.path.length >= KEY_NIBBLES) this.#fillTwins(run, [offset], end)
  }

  #fillFromLoose(): void {
    for (let gap = this.#fromLoose.pop(); gap !== undefined; gap = this.#fromLoose.pop()) {
      if (this.#frontier.gaps.get(gap.path) !== gap) continue
      const blob = this.#loose.take(gap, this.#keccak)
      if (blob !== undefined) this.#filler.fill(gap, blob, 0, blob.length)
    }
  }
}

const newTrie = (): TrieProgress => ({ bytes: 0, openShare: 0 })

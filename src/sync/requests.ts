/**
 * The requests of one sync: which peer is asked for what, which answers wait to be looked at, and what a silence means.
 * A request holds its gaps until its answer has been verified, not until it arrives; one that timed out has let go of
 * them, and its answer is still used when it comes.
 */
import { Deadline } from '../runtime/deadline.ts'
import type { Clock } from './clock.ts'
import type { WantedCode } from './code-queue.ts'
import {
  HEDGE_ROUND_TRIPS,
  MAX_CODES_PER_REQUEST,
  MAX_FIRST_HEDGES,
  MAX_IN_FLIGHT_BYTES,
  MAX_REFS_PER_REQUEST,
  MAX_REQUESTS_PER_PEER,
  MIN_HEDGE_MS,
  MIN_SHARE_BYTES,
  REFUSAL_REST_MS,
  START_HEDGE_MS,
} from './constants.ts'
import type { Gap } from './frontier.ts'
import type { SyncPeer, SyncPeers, WayRequest } from './peer.ts'
import type { Scheduler } from './scheduler.ts'

/** A way from a gap down, to a key of the scope. */
export interface AskedWay extends WayRequest {
  readonly gap: Gap
}

export type Asked =
  | { readonly kind: 'nodes'; readonly gaps: readonly Gap[] }
  | { readonly kind: 'ways'; readonly gaps: readonly Gap[]; readonly ways: readonly AskedWay[] }
  | { readonly kind: 'codes'; readonly codes: readonly WantedCode[] }

/** A request whose answer has not been looked at, and that has not timed out. */
export interface OpenRequest {
  readonly peer: SyncPeer
  readonly asked: Asked
  /** What the answer may have. */
  readonly maxBytes: number
}

interface Request extends OpenRequest {
  readonly sentAt: number
  /** It has waited so long that an idle peer is asked, too; and those that were. */
  isOverdue: boolean
  readonly hedges: Set<SyncPeer>
  readonly timeout: Deadline
  readonly overdue: Deadline
}

/** An answer that has come: runs, ways or codes, in the order of what was asked for. */
export interface Answer {
  readonly peer: SyncPeer
  readonly asked: Asked
  readonly parts: readonly Uint8Array[]
  readonly bytes: number
  /** From sending to receipt; `null`: we were absent meanwhile. */
  readonly elapsedMs: number | null
  /** To be called when everything in the answer has been looked at. */
  settle(): void
}

export interface RequestsOptions {
  readonly root: Uint8Array
  readonly peers: SyncPeers
  readonly clock: Clock
  /** Something has come, or someone has gone. */
  readonly onChange: () => void
  /** See `StateSyncOptions`. */
  readonly isYielding?: (() => boolean) | undefined
}

export class Requests {
  /** Bytes of answers from the network so far. */
  receivedBytes = 0
  /** Share of what each peer can deliver that it is asked for. */
  #share = 1
  /** Bytes that the answers on their way, or waiting, may have. */
  #inFlightBytes = 0
  readonly #options: RequestsOptions
  readonly #abort = new AbortController()
  readonly #open = new Map<SyncPeer, Set<Request>>()
  readonly #answers: Answer[] = []
  /** Peers that have let a request time out and answered nothing since: one request each, so that little waits for them. */
  readonly #silent = new WeakSet<SyncPeer>()
  /** Peers that refuse to be asked (as many requests are open as they allow), and how to stop the timer that ends it. */
  readonly #resting = new Map<SyncPeer, () => void>()

  constructor(options: RequestsOptions) {
    this.#options = options
  }

  /** True if nothing has been asked for that may still be answered, and no answer waits. */
  get idle(): boolean {
    return this.#open.size === 0 && this.#answers.length === 0
  }

  /** All that is open. */
  *open(): IterableIterator<OpenRequest> {
    for (const requests of this.#open.values()) yield* requests
  }

  /** The oldest answer that has not been looked at. */
  nextAnswer(): Answer | undefined {
    return this.#answers.shift()
  }

  /**
   * Asks every peer that has room for what it has not failed to answer: tabs first, so that servers are left what tabs do
   * not take, and of either the fastest first, one request each in turn. Peers that are idle all the same are asked for
   * what others are late with.
   */
  assign(scheduler: Scheduler, heldElsewhere: number): void {
    const { peers, root } = this.#options
    const able: SyncPeer[] = [...peers.connected()].filter((peer) => peer.mayHave(root))
    able.sort((a, b) => b.bytesPerSecond - a.bytesPerSecond || a.roundTripMs - b.roundTripMs)
    const idle = able.filter((peer) => !this.#open.has(peer))
    for (const kind of [true, false]) {
      let turn = able.filter(({ isTab = false }) => isTab === kind)
      this.#share = shareOf(turn, scheduler)
      while (turn.length > 0) {
        turn = turn.filter((peer) => this.#hasRoom(peer) && this.#ask(peer, scheduler, heldElsewhere))
      }
    }
    for (const peer of idle) if (!this.#open.has(peer) && this.#hasRoom(peer)) this.#hedge(peer, scheduler)
  }

  /** Forgets which peers had nothing: they may have it now. */
  forgive(scheduler: Scheduler): void {
    for (const gap of scheduler.gaps.values()) gap.attempts = null
    for (const code of scheduler.codes.wanted) code.attempts = null
  }

  /** Gives up on everything that is open. */
  stop(): void {
    this.#abort.abort()
    for (const requests of this.#open.values()) for (const request of requests) stopTimers(request)
    for (const stopTimer of this.#resting.values()) stopTimer()
    this.#resting.clear()
    this.#open.clear()
    this.#answers.length = 0
  }

  /** Bytes to ask `peer` for: less than it can deliver where what is left is shared among all. */
  #budgetOf(peer: SyncPeer): number {
    const most = peer.requestBytes()
    return Math.min(most, Math.max(MIN_SHARE_BYTES, Math.ceil(most * this.#share)))
  }

  #hasRoom(peer: SyncPeer): boolean {
    if (peer.hasRoom === false || this.#resting.has(peer) || this.#inFlightBytes >= MAX_IN_FLIGHT_BYTES) return false
    const isNarrow = this.#silent.has(peer) || this.#options.isYielding?.() === true
    return (this.#open.get(peer)?.size ?? 0) < (isNarrow ? 1 : MAX_REQUESTS_PER_PEER)
  }

  /** Sends one request to `peer`. False: there is nothing that it can be asked for. */
  #ask(peer: SyncPeer, scheduler: Scheduler, heldElsewhere: number): boolean {
    const { root } = this.#options
    const maxBytes = this.#budgetOf(peer)
    // Codes first, as in the original: they can be written and forgotten.
    const codes = scheduler.codes.missing(MAX_CODES_PER_REQUEST, (code) => !code.attempts?.has(peer))
    if (codes.length > 0) {
      this.#send(peer, { kind: 'codes', codes }, maxBytes, scheduler)
      return true
    }
    const mayAsk = (gap: Gap) => gap.attempts?.has(peer) !== true && peer.mayHave(root, gap.path)
    const isPartial = (gap: Gap) => scheduler.keysBelow(gap, 1).length > 0
    // Of a part of a state: what is wanted in part by ways, in one round trip, and the rest by runs.
    if (!scheduler.scope.isAll) {
      const gaps = scheduler.missing(
        maxBytes,
        MAX_REFS_PER_REQUEST,
        heldElsewhere,
        (gap) => mayAsk(gap) && isPartial(gap),
      )
      if (gaps.length > 0) {
        this.#send(peer, waysOf(gaps, scheduler), maxBytes, scheduler)
        return true
      }
    }
    const gaps = scheduler.missing(maxBytes, MAX_REFS_PER_REQUEST, heldElsewhere, mayAsk)
    if (gaps.length === 0) return false
    this.#send(peer, { kind: 'nodes', gaps }, maxBytes, scheduler)
    return true
  }

  /** Asks an idle peer for what is left of the oldest request that is overdue elsewhere: a slow peer holds nobody up. */
  #hedge(peer: SyncPeer, scheduler: Scheduler): void {
    const isFirst = scheduler.counts.nodes === 0
    let oldest: Request | undefined
    for (const requests of this.#open.values()) {
      for (const request of requests) {
        if (request.peer === peer || request.hedges.has(peer)) continue
        if (!request.isOverdue && (!isFirst || request.hedges.size >= MAX_FIRST_HEDGES)) continue
        if (oldest === undefined || request.sentAt < oldest.sentAt) oldest = request
      }
    }
    if (oldest === undefined) return
    oldest.hedges.add(peer)
    const asked = this.#again(oldest.asked, peer, scheduler)
    const maxBytes = isFirst ? MIN_SHARE_BYTES : oldest.maxBytes
    if (asked !== undefined) this.#send(peer, asked, Math.min(maxBytes, peer.requestBytes()), scheduler, oldest)
  }

  /** What of a request is still missing and may be asked of `peer`, in flight once more. */
  #again(asked: Asked, peer: SyncPeer, scheduler: Scheduler): Asked | undefined {
    const { root } = this.#options
    if (asked.kind === 'codes') {
      const codes = asked.codes.filter((code) => scheduler.codes.isWanted(code) && !code.attempts?.has(peer))
      for (const code of codes) code.inFlight++
      return codes.length === 0 ? undefined : { kind: 'codes', codes }
    }
    const gaps = asked.gaps.filter((gap) => {
      return scheduler.gaps.get(gap.path) === gap && !gap.attempts?.has(peer) && peer.mayHave(root, gap.path)
    })
    for (const gap of gaps) gap.inFlight++
    if (gaps.length === 0) return undefined
    return asked.kind === 'ways' ? waysOf(gaps, scheduler) : { kind: 'nodes', gaps }
  }

  #send(peer: SyncPeer, asked: Asked, maxBytes: number, scheduler: Scheduler, hedged?: Request): void {
    const { clock } = this.#options
    const request: Request = {
      peer,
      asked,
      maxBytes,
      sentAt: clock.now(),
      isOverdue: false,
      hedges: new Set(),
      // Neither counts our own absence.
      timeout: new Deadline(clock, peer.timeoutMs(maxBytes), () => this.#timeOut(request, scheduler)),
      overdue: new Deadline(clock, overdueMs(peer), () => {
        request.isOverdue = true
        this.#options.onChange()
      }),
    }
    const requests = this.#open.get(peer)
    if (requests === undefined) this.#open.set(peer, new Set([request]))
    else requests.add(request)
    this.#inFlightBytes += maxBytes
    request.overdue.start()
    request.timeout.start()
    this.#put(peer, asked, maxBytes).then(
      (parts) => {
        // It may be asked for what did not fit into its answer.
        if (parts.some((part) => part.length > 0)) hedged?.hedges.delete(peer)
        this.#receive(request, scheduler, parts)
      },
      () => this.#refuse(request, scheduler),
    )
  }

  #put(peer: SyncPeer, asked: Asked, maxBytes: number): Promise<Uint8Array[]> {
    const { root } = this.#options
    const { signal } = this.#abort
    switch (asked.kind) {
      case 'nodes':
        return peer.getNodes(root, asked.gaps, maxBytes, signal)
      case 'ways':
        return peer.getPaths(root, asked.ways, maxBytes, signal)
      case 'codes':
        return peer.getCode(
          asked.codes.map((code) => code.hash),
          maxBytes,
          signal,
        )
    }
  }

  /** in flight → ended, and the peer is told; unless it was us who slept. */
  #timeOut(request: Request, scheduler: Scheduler): void {
    this.#silent.add(request.peer)
    this.#end(request, scheduler)
    request.peer.report({ kind: 'timeout', maxBytes: request.maxBytes })
  }

  #receive(request: Request, scheduler: Scheduler, parts: readonly Uint8Array[]): void {
    if (this.#abort.signal.aborted) return
    const elapsedMs = request.timeout.wasAway ? null : this.#options.clock.now() - request.sentAt
    stopTimers(request)
    this.#silent.delete(request.peer)
    this.#endRest(request.peer)
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    this.receivedBytes += bytes
    this.#answers.push({
      peer: request.peer,
      asked: request.asked,
      parts,
      bytes,
      elapsedMs,
      settle: () => this.#end(request, scheduler),
    })
    this.#options.onChange()
  }

  /** The peer has gone, broke the protocol (which the network has judged), or takes no more requests: the gaps are free again. */
  #refuse(request: Request, scheduler: Scheduler): void {
    // Asked again at once, it would refuse at once, for ever: it rests until it answers something, or for a while.
    if (!this.#abort.signal.aborted && !this.#resting.has(request.peer)) this.#rest(request.peer)
    this.#end(request, scheduler)
  }

  #rest(peer: SyncPeer): void {
    const wake = () => {
      this.#resting.delete(peer)
      this.#options.onChange()
    }
    this.#resting.set(peer, this.#options.clock.after(REFUSAL_REST_MS, wake))
  }

  #endRest(peer: SyncPeer): void {
    this.#resting.get(peer)?.()
    this.#resting.delete(peer)
  }

  /** in flight → ended. A request ends once: a second end (an answer after its timeout) changes nothing. */
  #end(request: Request, scheduler: Scheduler): void {
    const requests = this.#open.get(request.peer)
    if (requests?.delete(request) !== true) return
    if (requests.size === 0) this.#open.delete(request.peer)
    this.#inFlightBytes -= request.maxBytes
    stopTimers(request)
    if (request.asked.kind === 'codes') scheduler.codes.release(request.asked.codes)
    else scheduler.release(request.asked.gaps)
    this.#options.onChange()
  }
}

/** As many ways as a request may have; what is left out of a gap is asked for when its node is known. */
function waysOf(gaps: readonly Gap[], scheduler: Scheduler): Asked {
  const ways = gaps.flatMap((gap) => {
    return scheduler.keysBelow(gap, MAX_REFS_PER_REQUEST).map((key) => ({ path: gap.path, hash: gap.hash, key, gap }))
  })
  return { kind: 'ways', gaps, ways: ways.slice(0, MAX_REFS_PER_REQUEST) }
}

/** What is missing as a share of what the peers deliver in one round: then nobody gets all of it, the slowest for one. */
function shareOf(peers: readonly SyncPeer[], scheduler: Scheduler): number {
  const deliverable = peers.reduce((sum, peer) => sum + peer.requestBytes(), 0)
  return deliverable === 0 ? 1 : Math.min(1, scheduler.missingBytes() / deliverable)
}

/** How long a request to `peer` may take before an idle peer is asked as well. */
function overdueMs(peer: SyncPeer): number {
  return peer.roundTripMs === 0 ? START_HEDGE_MS : Math.max(MIN_HEDGE_MS, peer.roundTripMs * HEDGE_ROUND_TRIPS)
}

function stopTimers(request: Request): void {
  request.timeout.stop()
  request.overdue.stop()
}

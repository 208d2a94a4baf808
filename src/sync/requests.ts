/**
 * The requests of one sync: finds a peer for each missing ref, keeps answers until the loop verifies them, and handles
 * silent peers. A request holds its gaps until its answer is verified, not only until the answer arrives. A timed-out
 * request releases its gaps, but a late answer is still used.
 */

import type { Clock } from '../runtime/clock.ts'
import { Deadline } from '../runtime/deadline.ts'
import type { Trace } from '../runtime/trace.ts'
import { type Asked, type OpenRequest, type ReceivedAnswer, waysOf } from './asked.ts'
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
import type { Gap } from './frontier-items.ts'
import type { SyncPeer, SyncPeers } from './peer.ts'
import type { Scheduler } from './scheduler.ts'

interface Request extends OpenRequest {
  readonly sentAt: number
  /** `isOverdue`: the request is late, so idle peers are asked as well. `hedges`: the peers asked as well. */
  isOverdue: boolean
  readonly hedges: Set<SyncPeer>
  readonly timeout: Deadline
  readonly overdue: Deadline
}

export interface RequestsOptions {
  readonly root: Uint8Array
  readonly peers: SyncPeers
  readonly clock: Clock
  /** Called when an answer has come, or a request has ended. */
  readonly onChange: () => void
  /** See `StateSyncOptions`. */
  readonly isYielding?: (() => boolean) | undefined
  /** See `StateSyncOptions`. */
  readonly trace?: Trace | null | undefined
}

/** All results of {@link rankOf}. */
const RANKS = [0, 1, 2]

export class Requests {
  /** Bytes of all answers received so far. */
  receivedBytes = 0
  /** The share of its usual budget that each peer is asked for. */
  #share = 1
  /** Byte budgets of all open requests. */
  #inFlightBytes = 0
  readonly #options: RequestsOptions
  readonly #abort = new AbortController()
  readonly #open = new Map<SyncPeer, Set<Request>>()
  readonly #answers: ReceivedAnswer[] = []
  /**
   * Peers with a timeout and no answer since. Each gets one request at a time, so only few gaps wait for such a peer.
   */
  readonly #silent = new WeakSet<SyncPeer>()
  /**
   * Peers that refused a request, because too many are open, and the functions that stop the timers of their pauses.
   */
  readonly #resting = new Map<SyncPeer, () => void>()

  constructor(options: RequestsOptions) {
    this.#options = options
  }

  /** True if no request is open and no answer waits. */
  get idle(): boolean {
    return this.#open.size === 0 && this.#answers.length === 0
  }

  /** Iterates over all open requests. */
  *open(): IterableIterator<OpenRequest> {
    for (const requests of this.#open.values()) yield* requests
  }

  /** Removes and returns the oldest waiting answer. */
  nextAnswer(): ReceivedAnswer | undefined {
    return this.#answers.shift()
  }

  /**
   * Sends requests to every peer with room, except for data that the peer did not have. Tabs come before servers, so
   * servers only get the rest; unreliable peers get what both leave. Among each kind the fastest comes first, one
   * request per turn. Peers still idle are asked for the data of late requests, in the same order.
   */
  assign(scheduler: Scheduler, heldElsewhere: number): void {
    const { peers, root } = this.#options
    const able: SyncPeer[] = [...peers.connected()].filter((peer) => peer.mayHave(root))
    able.sort((a, b) => rankOf(a) - rankOf(b) || b.bytesPerSecond - a.bytesPerSecond || a.roundTripMs - b.roundTripMs)
    const idle = able.filter((peer) => !this.#open.has(peer))
    for (const rank of RANKS) {
      let turn = able.filter((peer) => rankOf(peer) === rank)
      this.#share = shareOf(turn, scheduler)
      while (turn.length > 0) {
        turn = turn.filter((peer) => this.#hasRoom(peer) && this.#ask(peer, scheduler, heldElsewhere))
      }
    }
    for (const peer of idle) if (!this.#open.has(peer) && this.#hasRoom(peer)) this.#hedge(peer, scheduler)
  }

  /** Forgets which peers had nothing: they may have the data now. */
  forgive(scheduler: Scheduler): void {
    for (const gap of scheduler.gaps.values()) gap.attempts = null
    for (const code of scheduler.codes.wanted) code.attempts = null
  }

  /** Gives up on all open requests. */
  stop(): void {
    this.#abort.abort()
    for (const requests of this.#open.values()) for (const request of requests) stopTimers(request)
    for (const stopTimer of this.#resting.values()) stopTimer()
    this.#resting.clear()
    this.#open.clear()
    this.#answers.length = 0
  }

  /** Returns the bytes to ask `peer` for: less than the peer can deliver if all peers share the little left. */
  #budgetOf(peer: SyncPeer): number {
    const most = peer.requestBytes()
    return Math.min(most, Math.max(MIN_SHARE_BYTES, Math.ceil(most * this.#share)))
  }

  #hasRoom(peer: SyncPeer): boolean {
    if (peer.hasRoom === false || this.#resting.has(peer) || this.#inFlightBytes >= MAX_IN_FLIGHT_BYTES) return false
    const isNarrow = this.#silent.has(peer) || this.#options.isYielding?.() === true
    return (this.#open.get(peer)?.size ?? 0) < (isNarrow ? 1 : MAX_REQUESTS_PER_PEER)
  }

  /** Sends one request to `peer`. Returns false if there is nothing to ask this peer for. */
  #ask(peer: SyncPeer, scheduler: Scheduler, heldElsewhere: number): boolean {
    const { root } = this.#options
    const maxBytes = this.#budgetOf(peer)
    // Codes first, as in the original: codes can be written and forgotten.
    const codes = scheduler.codes.missing(MAX_CODES_PER_REQUEST, (code) => !code.attempts?.has(peer))
    if (codes.length > 0) {
      this.#send(peer, { kind: 'codes', codes }, maxBytes, scheduler)
      return true
    }
    const mayAsk = (gap: Gap) => gap.attempts?.has(peer) !== true && peer.mayHave(root, gap.path)
    const isPartial = (gap: Gap) => scheduler.keysBelow(gap, 1).length > 0
    // Of a part of a state: gaps wanted in part are requested as ways, in one round trip; the others as runs.
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

  /**
   * Asks an idle peer for the rest of the oldest overdue request of another peer: a slow peer must not delay the sync.
   */
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

  /**
   * Returns the missing part of a request, as far as `peer` may be asked, and counts the part as in flight once more.
   */
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
      // Neither deadline counts our own absence.
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
    this.#options.trace?.('sync', 'asked', {
      ...{ peer: peer.id, kind: asked.kind, items: countOf(asked), maxBytes },
      again: hedged !== undefined,
    })
    this.#put(peer, asked, maxBytes).then(
      (parts) => {
        // The peer may be asked again, for the data that did not fit into the answer.
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

  /** in flight → ended, and the timeout is reported to the peer. {@link Deadline} does not count our own absence. */
  #timeOut(request: Request, scheduler: Scheduler): void {
    this.#options.trace?.('sync', 'timedOut', { peer: request.peer.id, maxBytes: request.maxBytes })
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

  /** Frees the gaps. The peer left, broke the protocol (judged by the network already), or takes no more requests. */
  #refuse(request: Request, scheduler: Scheduler): void {
    // An immediate request would be refused again, without end: the peer rests until its next answer, or for a while.
    if (!this.#abort.signal.aborted && !this.#resting.has(request.peer)) this.#rest(request.peer)
    this.#end(request, scheduler)
  }

  #rest(peer: SyncPeer): void {
    this.#options.trace?.('sync', 'refused', { peer: peer.id })
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

/** Returns the turn of `peer`, the first turn being 0: tabs, then servers, then unreliable peers. */
function rankOf({ isTab = false, isUnreliable = false }: SyncPeer): number {
  if (isUnreliable) return 2
  return isTab ? 0 : 1
}

/**
 * Returns the missing bytes as a share of the bytes that all peers deliver in one round. So no peer, least of all the
 * slowest, gets the whole rest.
 */
function shareOf(peers: readonly SyncPeer[], scheduler: Scheduler): number {
  const deliverable = peers.reduce((sum, peer) => sum + peer.requestBytes(), 0)
  return deliverable === 0 ? 1 : Math.min(1, scheduler.missingBytes() / deliverable)
}

/** Returns the time after which a request to `peer` is overdue, and an idle peer is asked as well. */
function overdueMs(peer: SyncPeer): number {
  return peer.roundTripMs === 0 ? START_HEDGE_MS : Math.max(MIN_HEDGE_MS, peer.roundTripMs * HEDGE_ROUND_TRIPS)
}

function countOf(asked: Asked): number {
  if (asked.kind === 'nodes') return asked.gaps.length
  return asked.kind === 'ways' ? asked.ways.length : asked.codes.length
}

function stopTimers(request: Request): void {
  request.timeout.stop()
  request.overdue.stop()
}

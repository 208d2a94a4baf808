/**
 * Follows every request of a sync from outside, at the peers. The ledger then checks the records of the sync itself.
 * Each gap is free, or in exactly the requests known to the loop, and each of these requests was sent.
 */

import type { Clock } from '../../runtime/clock.ts'
import { MAX_LATENESS_MS } from '../../runtime/constants.ts'
import type { OpenRequest } from '../../sync/asked.ts'
import type { SyncPeer } from '../../sync/peer.ts'
import type { Scheduler } from '../../sync/scheduler.ts'
import type { NodeRequest } from '../../trie/node-source.ts'
import { READ_TIMEOUT_MS } from '../../wallet/constants.ts'

interface Entry {
  readonly peer: SyncPeer
  readonly kind: 'nodes' | 'code' | 'way'
  /** The list object passed by the loop, which identifies a request for nodes. */
  readonly gaps: readonly NodeRequest[] | null
  readonly maxBytes: number
  /** The requester's number: from 1 on, on each connection. */
  readonly id: number
  readonly timeoutMs: number
  /** The peer is not late before this time. */
  dueAt: number
  /** True once the answer has arrived. The sync checks the answer now or soon. */
  hasCome: boolean
  /** True once the loop has released the gaps. A late answer is still welcome. */
  timedOut: boolean
}

export class RequestLedger {
  readonly #entries = new Set<Entry>()
  readonly #lastIds = new WeakMap<SyncPeer, number>()
  readonly #clock: Clock
  readonly #openRequests: () => Iterable<OpenRequest>

  /** `openRequests` returns the requests open according to the loop. */
  constructor(clock: Clock, openRequests: () => Iterable<OpenRequest>) {
    this.#clock = clock
    this.#openRequests = openRequests
  }

  /** Bytes requested and not yet received. */
  get bytesAsked(): number {
    let bytes = 0
    for (const { maxBytes, hasCome, timedOut } of this.#entries) if (!hasCome && !timedOut) bytes += maxBytes
    return bytes
  }

  /** Returns the kind of request `id` to the peer `peerId`, or `undefined` if no code waits for the answer. */
  kindOf(peerId: string, id: number): Entry['kind'] | undefined {
    for (const { peer, id: openId, hasCome, kind } of this.#entries) {
      if (peer.id === peerId && openId === id && !hasCome) return kind
    }
    return undefined
  }

  /** Follows the requests to `peer`, without changing their course. */
  watch(peer: SyncPeer): void {
    const getNodes = peer.getNodes.bind(peer)
    const getCode = peer.getCode.bind(peer)
    const getPaths = peer.getPaths.bind(peer)
    const report = peer.report.bind(peer)
    peer.getNodes = (root, requests, maxBytes, signal) =>
      this.#follow(peer, 'nodes', requests, maxBytes, getNodes(root, requests, maxBytes, signal))
    peer.getCode = (hashes, maxBytes, signal) =>
      this.#follow(peer, 'code', null, maxBytes, getCode(hashes, maxBytes, signal))
    peer.getPaths = (root, requests, maxBytes, signal) =>
      this.#follow(peer, 'way', null, maxBytes, getPaths(root, requests, maxBytes, signal))
    peer.report = (outcome) => {
      if (outcome.kind === 'timeout') this.#timeOut(peer, outcome.maxBytes)
      report(outcome)
    }
  }

  /**
   * Moves the due times of requests across a sleep of the process. Timers due during the sleep fire late, and start
   * again.
   */
  noteSleep(): void {
    const wakesAt = this.#clock.now()
    for (const entry of this.#entries) {
      if (wakesAt - entry.dueAt > MAX_LATENESS_MS) entry.dueAt = wakesAt + entry.timeoutMs
    }
  }

  /**
   * Throws if a gap's number of flights differs from the loop's requests for the gap, or if a request was never sent.
   */
  check(scheduler: Scheduler): void {
    const sent = new Set<readonly unknown[]>()
    for (const { gaps } of this.#entries) if (gaps !== null) sent.add(gaps)
    const asked = new Map<NodeRequest, number>()
    for (const request of this.#openRequests()) {
      if (request.asked.kind !== 'nodes') continue
      const { gaps } = request.asked
      if (!sent.has(gaps)) throw new Error(`a request to ${request.peer.id} is open, and was never sent`)
      for (const gap of gaps) asked.set(gap, (asked.get(gap) ?? 0) + 1)
    }
    for (const gap of scheduler.gaps.values()) {
      const requests = asked.get(gap) ?? 0
      if (gap.unresolved || gap.inFlight === requests) continue
      throw new Error(`'${gap.path}' is in flight ${gap.inFlight} times, and in ${requests} requests`)
    }
  }

  /** Forgets requests for nodes: the sync has ended. Reads go on. */
  clear(): void {
    for (const entry of this.#entries) if (entry.kind === 'nodes') this.#entries.delete(entry)
  }

  /**
   * Marks the request behind a reported timeout; the loop releases a request before the report. Throws if no request is
   * due.
   */
  #timeOut(peer: SyncPeer, maxBytes: number): void {
    const open = new Set<readonly unknown[] | null>(
      [...this.#openRequests()].map(({ asked }) => (asked.kind === 'nodes' ? asked.gaps : null)),
    )
    for (const entry of this.#entries) {
      if (entry.peer !== peer || entry.maxBytes !== maxBytes || entry.hasCome || entry.timedOut) continue
      if (entry.gaps !== null && open.has(entry.gaps)) continue
      if (entry.dueAt - this.#clock.now() > 0.001) {
        if (entry.gaps === null) continue // perhaps another request for codes, or of a read
        throw new Error(`${peer.id} is said to be late before its time`)
      }
      entry.timedOut = true
      return
    }
    throw new Error(`${peer.id} is said to be late with what it was not asked for`)
  }

  #follow(
    peer: SyncPeer,
    kind: Entry['kind'],
    gaps: readonly NodeRequest[] | null,
    maxBytes: number,
    answer: Promise<Uint8Array[]>,
  ): Promise<Uint8Array[]> {
    const id = (this.#lastIds.get(peer) ?? 0) + 1
    this.#lastIds.set(peer, id)
    // A read waits no longer than `READ_TIMEOUT_MS`, and may ask for codes as well.
    const mostMs = kind !== 'nodes' ? READ_TIMEOUT_MS : Number.POSITIVE_INFINITY
    const timeoutMs = Math.min(mostMs, peer.timeoutMs(maxBytes))
    const dueAt = this.#clock.now() + timeoutMs
    const entry = { peer, kind, gaps, maxBytes, id, timeoutMs, dueAt, hasCome: false, timedOut: false }
    this.#entries.add(entry)
    answer.then(
      () => {
        entry.hasCome = true
      },
      () => void this.#entries.delete(entry),
    )
    return answer
  }
}

/**
 * Follows every request that a sync sends, from outside: what is open at each peer, and for which gaps. Against it the
 * sync's own accounts are held: a gap that is in flight is in a request, and one that is in a request is in flight.
 */
import type { Clock } from '../../sync/clock.ts'
import type { NodeRequest, SyncPeer } from '../../sync/peer.ts'
import type { Scheduler } from '../../sync/scheduler.ts'

interface Entry {
  readonly peer: SyncPeer
  /** The gaps themselves: the loop passes them on as they are. */
  readonly gaps: readonly NodeRequest[]
  readonly maxBytes: number
  /** As the requester numbers it: from 1 on, on each connection. */
  readonly id: number
  readonly dueAt: number
  /** Its answer is still welcome, but the loop has let go of its gaps. */
  timedOut: boolean
}

export class RequestLedger {
  readonly #open = new Set<Entry>()
  readonly #lastIds = new WeakMap<SyncPeer, number>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Bytes that are asked for and have not come. */
  get bytesAsked(): number {
    let bytes = 0
    for (const { maxBytes, timedOut } of this.#open) if (!timedOut) bytes += maxBytes
    return bytes
  }

  /** True if somebody waits for the answer to the request `id` of the peer `peerId`. */
  isOpen(peerId: string, id: number): boolean {
    for (const entry of this.#open) if (entry.peer.id === peerId && entry.id === id) return true
    return false
  }

  /** Follows the requests to `peer`, which goes on as before. */
  watch(peer: SyncPeer): void {
    const getNodes = peer.getNodes.bind(peer)
    const getCode = peer.getCode.bind(peer)
    const report = peer.report.bind(peer)
    peer.getNodes = (root, requests, maxBytes, signal) =>
      this.#follow(peer, requests, maxBytes, getNodes(root, requests, maxBytes, signal))
    peer.getCode = (hashes, maxBytes, signal) => this.#follow(peer, [], maxBytes, getCode(hashes, maxBytes, signal))
    peer.report = (outcome) => {
      if (outcome.kind === 'timeout') this.#timeOut(peer, outcome.maxBytes)
      report(outcome)
    }
  }

  /** Throws if some gap is not in flight as often as there are requests for it. */
  check(scheduler: Scheduler): void {
    const asked = new Map<NodeRequest, number>()
    for (const { gaps, timedOut } of this.#open) {
      if (!timedOut) for (const gap of gaps) asked.set(gap, (asked.get(gap) ?? 0) + 1)
    }
    for (const gap of scheduler.gaps.values()) {
      const requests = asked.get(gap) ?? 0
      if (gap.unresolved || gap.inFlight === requests) continue
      throw new Error(`'${gap.path}' is in flight ${gap.inFlight} times, and in ${requests} requests`)
    }
  }

  #timeOut(peer: SyncPeer, maxBytes: number): void {
    const late = [...this.#open].filter(
      (entry) => entry.peer === peer && entry.maxBytes === maxBytes && !entry.timedOut,
    )
    const due = late.find(({ dueAt }) => Math.abs(dueAt - this.#clock.now()) < 0.001)
    if (due === undefined) throw new Error(`${peer.id} is said to be late before its time`)
    due.timedOut = true
  }

  #follow(
    peer: SyncPeer,
    gaps: readonly NodeRequest[],
    maxBytes: number,
    answer: Promise<Uint8Array[]>,
  ): Promise<Uint8Array[]> {
    const id = (this.#lastIds.get(peer) ?? 0) + 1
    this.#lastIds.set(peer, id)
    const dueAt = this.#clock.now() + peer.timeoutMs(maxBytes)
    const entry = { peer, gaps, maxBytes, id, dueAt, timedOut: false }
    this.#open.add(entry)
    const end = () => void this.#open.delete(entry)
    answer.then(end, end)
    return answer
  }
}

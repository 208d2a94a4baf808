/**
 * Whose turn it is: first of the hosts, then of the peers of that host (hierarchical start-time fair queueing). The next
 * turn is of the host, of those that may have one now, whose earlier turns came to the least, and of that host's peer
 * likewise. Who comes to the queue begins with the turn of those in it, and so does whoever could not have one for reasons
 * of its own: silence saves up nothing, and another name brings nothing.
 */
import type { HostAccount, PeerAccount } from './peer-account.ts'
import type { ServingLimits } from './serving-limits.ts'

type Request = { readonly isBulk: boolean }

/** A peer that has a turn now, and whether a request of it may be begun, or only gone on with. */
export interface Turn<Waiting extends Request> {
  readonly account: PeerAccount<Waiting>
  readonly mayBegin: boolean
}

export class Turns<Waiting extends Request> {
  readonly #limits: ServingLimits
  /** Those with peers that wait. */
  readonly #queued = new Set<HostAccount<Waiting>>()
  /** The turn of the host whose request was read last. */
  #now = 0
  #soonestMs = Number.POSITIVE_INFINITY

  constructor(limits: ServingLimits) {
    this.#limits = limits
  }

  /** True if no request waits. */
  get isEmpty(): boolean {
    return this.#queued.size === 0
  }

  /** After {@link next} gave nobody: in how many milliseconds that will change by itself; Infinity: not by time alone. */
  get soonestMs(): number {
    return this.#soonestMs
  }

  /** True if it owes something to hosts that wait: a new account would be different. */
  owes(host: HostAccount<Waiting>): boolean {
    return host.turn > this.#now && (host.isActive || !this.isEmpty)
  }

  /** `account` has a request that waits. */
  enter(account: PeerAccount<Waiting>): void {
    const { host } = account
    if (!this.#queued.has(host)) host.turn = Math.max(host.turn, this.#now)
    if (!host.queued.has(account)) account.turn = Math.max(account.turn, host.turnOfPeers)
    host.queued.add(account)
    this.#queued.add(host)
  }

  /** Some of what `account` had waiting may be gone. */
  leave(account: PeerAccount<Waiting>): void {
    const { host } = account
    if (!account.queue.isEmpty) return
    host.queued.delete(account)
    if (host.queued.size === 0) this.#queued.delete(host)
  }

  /** Undefined: nobody may have a turn now. */
  next(): Turn<Waiting> | undefined {
    this.#soonestMs = Number.POSITIVE_INFINITY
    let best: Turn<Waiting> | undefined
    for (const host of this.#queued) {
      if (best !== undefined && best.account.host.turn <= host.turn) continue
      const turn = this.#nextOf(host)
      if (turn !== undefined) best = turn
      else if (host.reading === 0) host.turn = Math.max(host.turn, this.#now)
    }
    if (best !== undefined) {
      const { host } = best.account
      this.#now = Math.max(this.#now, host.turn)
      host.turnOfPeers = Math.max(host.turnOfPeers, best.account.turn)
    }
    return best
  }

  #nextOf(host: HostAccount<Waiting>): Turn<Waiting> | undefined {
    // What was begun is held in part: one host has no more of that than may be read at a time.
    const hasRoom = host.reading < this.#limits.readAtOnce
    let best: Turn<Waiting> | undefined
    for (const account of host.queued) {
      const mayBegin = this.#mayBegin(account)
      if (!account.queue.hasNext(mayBegin)) account.turn = Math.max(account.turn, host.turnOfPeers)
      else if (account.queue.hasNext(mayBegin && hasRoom) && (best === undefined || account.turn < best.account.turn)) {
        best = { account, mayBegin: mayBegin && hasRoom }
      }
    }
    return best
  }

  #mayBegin(account: PeerAccount<Waiting>): boolean {
    if (account.serving >= this.#limits.servedAtOnce) return false
    const waitMs = account.waitMs()
    if (waitMs > 0) this.#soonestMs = Math.min(this.#soonestMs, waitMs)
    return waitMs <= 0
  }
}

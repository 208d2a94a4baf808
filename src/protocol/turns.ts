/**
 * Gives turns to hosts, and within a host to peers (hierarchical start-time fair queueing). The next turn goes to the
 * ready host with the least cost so far, and to the host's ready peer likewise. A newcomer to the queue starts at the
 * current turn, and so does a member not ready for reasons of its own. So silence saves up nothing, and another name
 * brings nothing.
 */
import type { HostAccount, PeerAccount } from './peer-account.ts'
import type { ServingLimits } from './serving-limits.ts'

type Request = { readonly isBulk: boolean }

/** A peer having a turn now. With `mayBegin` false, the peer may only continue a begun request. */
export interface Turn<Waiting extends Request> {
  readonly account: PeerAccount<Waiting>
  readonly mayBegin: boolean
}

export class Turns<Waiting extends Request> {
  readonly #limits: ServingLimits
  /** Hosts with waiting peers. */
  readonly #queued = new Set<HostAccount<Waiting>>()
  /** The turn of the host read last. */
  #now = 0
  #soonestMs = Number.POSITIVE_INFINITY

  constructor(limits: ServingLimits) {
    this.#limits = limits
  }

  /** True if no request waits. */
  get isEmpty(): boolean {
    return this.#queued.size === 0
  }

  /**
   * Milliseconds until a waiting peer becomes ready, after {@link next} returned undefined. Infinity: not by time
   * alone.
   */
  get soonestMs(): number {
    return this.#soonestMs
  }

  /** True if `host` is ahead of the current turn while requests wait. A new account would then fare better. */
  owes(host: HostAccount<Waiting>): boolean {
    return host.turn > this.#now && (host.isActive || !this.isEmpty)
  }

  /** Enters `account`, which has a waiting request. */
  enter(account: PeerAccount<Waiting>): void {
    const { host } = account
    if (!this.#queued.has(host)) host.turn = Math.max(host.turn, this.#now)
    if (!host.queued.has(account)) account.turn = Math.max(account.turn, host.turnOfPeers)
    host.queued.add(account)
    this.#queued.add(host)
  }

  /** Removes `account` if no request of the peer waits any more. */
  leave(account: PeerAccount<Waiting>): void {
    const { host } = account
    if (!account.queue.isEmpty) return
    host.queued.delete(account)
    if (host.queued.size === 0) this.#queued.delete(host)
  }

  /** Returns the next peer; undefined: no peer may have a turn now. */
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
    // A begun request holds part of its answer: one host may have at most `readAtOnce` of begun requests.
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

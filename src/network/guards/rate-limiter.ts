/**
 * Limits requests by peer and by host, for requests nearly free for a peer: reservations and dials at a relay, and
 * questions about other peers. Requests over the limit are refused; a peer may ask again later.
 */
import type { Connection } from '@libp2p/interface'
import type { Rate } from '../../protocol/gcra.ts'
import type { Clock } from '../../runtime/clock.ts'
import { hostOf } from './host-of.ts'
import { RateAccounts } from './rate-accounts.ts'

export interface RateLimits {
  readonly peer: Rate
  readonly host: Rate
}

export class RateLimiter {
  readonly #peers: RateAccounts
  readonly #hosts: RateAccounts

  constructor({ peer, host }: RateLimits, clock: Clock) {
    this.#peers = new RateAccounts(peer, clock)
    this.#hosts = new RateAccounts(host, clock)
  }

  /** Counts one request. Returns false if there are too many; a refused request is not counted. */
  accepts({ remotePeer, remoteAddr }: Pick<Connection, 'remotePeer' | 'remoteAddr'>): boolean {
    const peer = this.#peers.of(remotePeer.toString())
    if (peer.waitMs(1) > 0 || !this.#hosts.of(hostOf(remoteAddr)).accepts(1)) return false
    peer.take(1)
    return true
  }
}

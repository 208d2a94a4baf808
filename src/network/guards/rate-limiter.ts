/**
 * What one peer, and all peers of one host, may ask in streams that cost the asker next to nothing: a relay's places and the
 * dials that it passes on, and whom to dial. What is beyond is refused: who waits may ask again.
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

  /** Counts one more. False: it is too much. Who is refused pays nothing. */
  accepts({ remotePeer, remoteAddr }: Pick<Connection, 'remotePeer' | 'remoteAddr'>): boolean {
    const peer = this.#peers.of(remotePeer.toString())
    if (peer.waitMs(1) > 0 || !this.#hosts.of(hostOf(remoteAddr)).accepts(1)) return false
    peer.take(1)
    return true
  }
}

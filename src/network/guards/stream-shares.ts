/**
 * Limits the streams opened by all connections of one host. A stream has a cost, even a refused one, so limits by
 * connection alone would multiply with the connections. A host's share is common to its connections. When the share is
 * used up, each connection still has as many streams as an honest tab needs.
 */

import { Gcra, type Rate } from '../../protocol/gcra.ts'
import type { Clock } from '../../runtime/clock.ts'
import { RateAccounts } from './rate-accounts.ts'

export interface StreamRates {
  /** The share of all connections of a host together. */
  readonly host: Rate
  /** The share of each connection, beyond the host's share. */
  readonly connection: Rate
}

export class StreamShares {
  readonly #hosts: RateAccounts
  readonly #connection: Rate
  readonly #clock: Clock

  constructor({ host, connection }: StreamRates, clock: Clock) {
    this.#hosts = new RateAccounts(host, clock)
    this.#connection = connection
    this.#clock = clock
  }

  /**
   * Returns a function for a new connection of `host`. Each call counts a stream, and returns true if the stream may be
   * opened.
   */
  of(host: string): () => boolean {
    const own = new Gcra(this.#connection, this.#clock)
    return () => this.#hosts.of(host).accepts(1) || own.accepts(1)
  }
}

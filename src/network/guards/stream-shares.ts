/**
 * How many streams the connections of one host may open: each costs about as much as it is given, also one that is refused,
 * so a connection's own limit would be worth as many times as much as there are connections. What a host has is common to all
 * of them; where it is used up, each still has as many as an honest tab needs.
 */

import { Gcra, type Rate } from '../../protocol/gcra.ts'
import type { Clock } from '../../runtime/clock.ts'
import { RateAccounts } from './rate-accounts.ts'

export interface StreamRates {
  /** Of all connections of a host together. */
  readonly host: Rate
  /** Of each connection, beyond that. */
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

  /** For a new connection of `host`: counts a further stream each time, and says whether it may be opened. */
  of(host: string): () => boolean {
    const own = new Gcra(this.#connection, this.#clock)
    return () => this.#hosts.of(host).accepts(1) || own.accepts(1)
  }
}

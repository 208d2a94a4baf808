/** What each host has taken at one rate, all its connections together. Hosts that owe nothing are forgotten. */

import { Gcra, type Rate } from '../../protocol/gcra.ts'
import type { Clock } from '../../runtime/clock.ts'

/** As many may owe something before anybody looks who has paid. */
const MIN_ACCOUNTS = 64

export class RateAccounts {
  readonly #rate: Rate
  readonly #clock: Clock
  readonly #accounts = new Map<string, Gcra>()
  /** Looking at all of them costs more than a new one, so it is done each time that they have doubled. */
  #lookAt = MIN_ACCOUNTS

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate
    this.#clock = clock
  }

  get size(): number {
    return this.#accounts.size
  }

  /** Not to be kept: it may be forgotten as soon as it owes nothing. */
  of(host: string): Gcra {
    if (this.#accounts.size >= this.#lookAt) this.#forgetPaid()
    const account = this.#accounts.get(host) ?? new Gcra(this.#rate, this.#clock)
    this.#accounts.set(host, account)
    return account
  }

  #forgetPaid(): void {
    for (const [host, account] of this.#accounts) if (account.isPaid) this.#accounts.delete(host)
    this.#lookAt = Math.max(MIN_ACCOUNTS, 2 * this.#accounts.size)
  }
}

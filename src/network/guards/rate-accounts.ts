/** Accounts at one rate, by host or by peer. Accounts without debt are removed. */

import { Gcra, type Rate } from '../../protocol/gcra.ts'
import type { Clock } from '../../runtime/clock.ts'

/** The number of accounts up to which none is looked at for removal. */
const MIN_ACCOUNTS = 64

export class RateAccounts {
  readonly #rate: Rate
  readonly #clock: Clock
  readonly #accounts = new Map<string, Gcra>()
  /**
   * The number of accounts at which to look for removable ones. A look costs more than a new account, so the number
   * doubles.
   */
  #lookAt = MIN_ACCOUNTS

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate
    this.#clock = clock
  }

  get size(): number {
    return this.#accounts.size
  }

  /** Returns the account of `host`. Callers must not keep the account: without debt it may be removed at any time. */
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

/**
 * The generic cell rate algorithm (ITU-T I.371): a sustained rate with bursts, in one number. Counts only; whoever asks
 * does the waiting.
 */
import type { Clock } from './clock.ts'

/** So much a second, for ever, and so much at once. Both are positive. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** What has been taken at a rate. */
export class Gcra {
  readonly #msEach: number
  readonly #burstMs: number
  readonly #clock: Clock
  /** When all that was taken will have been paid for. */
  #paidAt: number

  constructor({ perSecond, burst }: Rate, clock: Clock) {
    this.#msEach = 1000 / perSecond
    this.#burstMs = burst * this.#msEach
    this.#clock = clock
    this.#paidAt = clock.now()
  }

  /** True if nothing is owed: one that begins anew would be no different. */
  get isPaid(): boolean {
    return this.#paidAt <= this.#clock.now()
  }

  /** Whole milliseconds until `amount` conforms, more than a burst counting as one; 0: now. */
  waitMs(amount: number): number {
    const owedMs = Math.max(0, this.#paidAt - this.#clock.now())
    const askedMs = Math.min(amount * this.#msEach, this.#burstMs)
    // Rounding errors are no reason to wait.
    return Math.max(0, Math.ceil(owedMs + askedMs - this.#burstMs - 1e-6))
  }

  /** Takes `amount`, whether it conforms or not: what comes after it waits the longer. */
  take(amount: number): void {
    this.#paidAt = Math.max(this.#paidAt, this.#clock.now()) + amount * this.#msEach
  }

  /** Takes `amount` if it conforms now. False: it does not, and nothing was taken. */
  accepts(amount: number): boolean {
    if (this.waitMs(amount) > 0) return false
    this.take(amount)
    return true
  }
}

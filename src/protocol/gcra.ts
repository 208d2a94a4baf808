/**
 * The generic cell rate algorithm (ITU-T I.371): a sustained rate with bursts, in one number. This file only counts;
 * the caller does the waiting.
 */
import type { Clock } from '../runtime/clock.ts'

/** A sustained amount a second, and the amount at once. Both are positive. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** The amount taken so far, measured against a rate. */
export class Gcra {
  readonly #msEach: number
  readonly #burstMs: number
  readonly #clock: Clock
  /** The time when the whole taken amount will be paid for, in the clock's milliseconds. */
  #paidAt: number

  constructor({ perSecond, burst }: Rate, clock: Clock) {
    this.#msEach = 1000 / perSecond
    this.#burstMs = burst * this.#msEach
    this.#clock = clock
    this.#paidAt = clock.now()
  }

  /** True if nothing is owed. A new counter would then behave the same. */
  get isPaid(): boolean {
    return this.#paidAt <= this.#clock.now()
  }

  /** Returns the whole milliseconds until `amount` conforms; 0: now. More than a burst counts as one burst. */
  waitMs(amount: number): number {
    const owedMs = Math.max(0, this.#paidAt - this.#clock.now())
    const askedMs = Math.min(amount * this.#msEach, this.#burstMs)
    // Rounding errors are no reason to wait.
    return Math.max(0, Math.ceil(owedMs + askedMs - this.#burstMs - 1e-6))
  }

  /** Takes `amount`, whether it conforms or not. Later amounts wait the longer. */
  take(amount: number): void {
    this.#paidAt = Math.max(this.#paidAt, this.#clock.now()) + amount * this.#msEach
  }

  /** Takes `amount` if it conforms now. Returns false, and takes nothing, otherwise. */
  accepts(amount: number): boolean {
    if (this.waitMs(amount) > 0) return false
    this.take(amount)
    return true
  }
}

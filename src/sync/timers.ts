/** Timers of something that ends: all that are set are stopped together. */
import type { Clock } from './clock.ts'

export class Timers {
  readonly #clock: Clock
  readonly #stops = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  after(delayMs: number, callback: () => void): void {
    const stop = this.#clock.after(delayMs, () => {
      this.#stops.delete(stop)
      callback()
    })
    this.#stops.add(stop)
  }

  /** Each time `intervalMs` after the one before has run. */
  every(intervalMs: number, callback: () => void): void {
    this.after(intervalMs, () => {
      callback()
      this.every(intervalMs, callback)
    })
  }

  /** No timer that is set fires any more. */
  stop(): void {
    for (const stop of this.#stops) stop()
    this.#stops.clear()
  }
}

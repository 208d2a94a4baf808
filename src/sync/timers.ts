/** Timers with a common end: one call stops all of them. */
import type { Clock } from '../runtime/clock.ts'

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

  /** Calls `callback` again and again, each time `intervalMs` after the last call. */
  every(intervalMs: number, callback: () => void): void {
    this.after(intervalMs, () => {
      callback()
      this.every(intervalMs, callback)
    })
  }

  /** Stops all timers. */
  stop(): void {
    for (const stop of this.#stops) stop()
    this.#stops.clear()
  }
}

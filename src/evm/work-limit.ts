/** Bounds the running time of a call, without the time of its state reads. */
import type { Clock } from '../runtime/clock.ts'
import { MAX_LATENESS_MS } from '../runtime/constants.ts'
import { Deadline } from '../runtime/deadline.ts'

export class WorkLimit {
  readonly #clock: Clock
  readonly #onPast: () => void
  #leftMs: number
  #running: { readonly deadline: Deadline; readonly sinceMs: number } | null = null

  constructor(clock: Clock, limitMs: number, onPast: () => void) {
    this.#clock = clock
    this.#leftMs = limitMs
    this.#onPast = onPast
  }

  resume(): void {
    if (this.#running !== null) return
    const deadline = new Deadline(this.#clock, Math.max(0, this.#leftMs), this.#onPast, { countsOffline: true })
    this.#running = { deadline, sinceMs: this.#clock.now() }
    deadline.start()
  }

  pause(): void {
    if (this.#running === null) return
    const { deadline, sinceMs } = this.#running
    const ranMs = this.#clock.now() - sinceMs
    // A run far longer than the remaining time was a sleep of the machine, and does not count.
    if (ranMs < this.#leftMs + MAX_LATENESS_MS) this.#leftMs -= ranMs
    deadline.stop()
    this.#running = null
  }
}

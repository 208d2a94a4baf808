/** Bounds the time that a call runs: its own, and not the time in which it waits for the state. */
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
    // What would have been past all that is left was a sleep of the machine.
    if (ranMs < this.#leftMs + MAX_LATENESS_MS) this.#leftMs -= ranMs
    deadline.stop()
    this.#running = null
  }
}

/** A time limit that the sleep of a thread does not use up: a timer that fires late measures nobody's slowness but our own. */
import type { Clock } from './clock.ts'
import { MAX_LATENESS_MS } from './constants.ts'

/** Calls `onPast` once `ms` have passed since `start`, unless it was stopped. */
export class Deadline {
  readonly #clock: Clock
  readonly #ms: number
  readonly #onPast: () => void
  #cancel: (() => void) | undefined

  constructor(clock: Clock, ms: number, onPast: () => void) {
    this.#clock = clock
    this.#ms = ms
    this.#onPast = onPast
  }

  get isRunning(): boolean {
    return this.#cancel !== undefined
  }

  /** Begins, or begins again. */
  start(): void {
    this.stop()
    const dueAtMs = this.#clock.now() + this.#ms
    this.#cancel = this.#clock.after(this.#ms, () => {
      this.#cancel = undefined
      if (this.#clock.now() - dueAtMs > MAX_LATENESS_MS) this.start()
      else this.#onPast()
    })
  }

  /** May be called twice. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}

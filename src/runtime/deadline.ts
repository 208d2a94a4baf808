/**
 * A time limit for another party, not used up by our own absence. Only this file knows the late-timer rule:
 *
 * - A late timer measures our own slowness (the machine slept, the page was frozen, a task was long). The expected
 *   message may be waiting behind the timer, so the limit starts again. After {@link MAX_LATE_STARTS} late timers in a
 *   row, the limit passes.
 * - Without a network, no party can answer: a limit starts again if the machine was offline for a part of its time.
 */
import type { Clock } from './clock.ts'
import { BRIEF_LATENESS_MS, LATE_TURN_MS, MAX_LATE_STARTS, MAX_LATENESS_MS } from './constants.ts'

/** A limit that calls `onPast` once `ms` have passed since {@link start}, unless stopped. */
export class Deadline {
  readonly #clock: Clock
  readonly #ms: number
  readonly #onPast: () => void
  readonly #countsOffline: boolean
  #lateStarts = 0
  /** The time of {@link start}, and the time at which the timer is due. */
  #startedAtMs = Number.POSITIVE_INFINITY
  #dueAtMs = Number.POSITIVE_INFINITY
  #cancel: (() => void) | undefined

  /** `countsOffline`: time without a network counts, too. For the user's own limits, which judge no peer. */
  constructor(clock: Clock, ms: number, onPast: () => void, { countsOffline = false } = {}) {
    this.#clock = clock
    this.#ms = ms
    this.#onPast = onPast
    this.#countsOffline = countsOffline
  }

  get isRunning(): boolean {
    return this.#cancel !== undefined
  }

  /**
   * True if we were absent for a part of the time since {@link start}, or are about to find out. A duration measured
   * meanwhile says nothing about others. To be read before {@link stop}.
   */
  get wasAway(): boolean {
    const isLate = this.isRunning && this.#clock.now() - this.#dueAtMs > MAX_LATENESS_MS
    return isLate || this.#lateStarts > 0 || this.#lastOfflineMs() >= this.#startedAtMs
  }

  /** Starts the limit, or starts again from the beginning. */
  start(): void {
    this.#lateStarts = 0
    this.#startedAtMs = this.#clock.now()
    this.#run()
  }

  /** Stops the limit. May be called twice. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #run(): void {
    this.stop()
    this.#lastOfflineMs() // from now on the clock notes offline times
    const startedAtMs = this.#clock.now()
    this.#dueAtMs = startedAtMs + this.#ms
    this.#cancel = this.#clock.after(this.#ms, () => {
      const latenessMs = this.#clock.now() - this.#dueAtMs
      if (latenessMs <= BRIEF_LATENESS_MS) this.#end(startedAtMs)
      else if (latenessMs <= MAX_LATENESS_MS) {
        this.#cancel = this.#clock.after(LATE_TURN_MS, () => this.#end(startedAtMs))
      } else if (this.#lateStarts++ < MAX_LATE_STARTS) this.#run()
      else this.#end(startedAtMs)
    })
  }

  #end(startedAtMs: number): void {
    if (this.#lastOfflineMs() >= startedAtMs) {
      this.#run()
      return
    }
    this.#cancel = undefined
    this.#onPast()
  }

  #lastOfflineMs(): number {
    return (this.#countsOffline ? undefined : this.#clock.lastOfflineMs?.()) ?? Number.NEGATIVE_INFINITY
  }
}

/** Calls `onPast` once, by the rule of {@link Deadline}. Returns a function that stops the limit. */
export function startDeadline(clock: Clock, ms: number, onPast: () => void, options = {}): () => void {
  const deadline = new Deadline(clock, ms, onPast, options)
  deadline.start()
  return () => deadline.stop()
}

/**
 * A time limit for somebody else, which our own absence does not use up. This is the one place with the late-timer rule:
 *
 * - A timer that fires late measures our own slowness (the machine slept, the page was frozen, a task was long). What we wait
 *   for may be waiting behind it, so the limit begins again; after {@link MAX_LATE_STARTS} in a row it passes.
 * - While the machine has no network, nobody can answer: a limit that was offline for a part of its time begins again.
 */
import type { Clock } from './clock.ts'
import { BRIEF_LATENESS_MS, LATE_TURN_MS, MAX_LATE_STARTS, MAX_LATENESS_MS } from './constants.ts'

/** Calls `onPast` once `ms` have passed since {@link start}, unless it was stopped. */
export class Deadline {
  readonly #clock: Clock
  readonly #ms: number
  readonly #onPast: () => void
  readonly #countsOffline: boolean
  #lateStarts = 0
  /** When {@link start} was called, and when its timer is due. */
  #startedAtMs = Number.POSITIVE_INFINITY
  #dueAtMs = Number.POSITIVE_INFINITY
  #cancel: (() => void) | undefined

  /** `countsOffline`: the time without a network counts, too. For limits that are the user's, and judge nobody. */
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
   * True if we were absent for a part of the time since {@link start}, or are about to learn it: how long something took
   * meanwhile says nothing about others. To be asked before {@link stop}.
   */
  get wasAway(): boolean {
    const isLate = this.isRunning && this.#clock.now() - this.#dueAtMs > MAX_LATENESS_MS
    return isLate || this.#lateStarts > 0 || this.#lastOfflineMs() >= this.#startedAtMs
  }

  /** Begins, or begins again. */
  start(): void {
    this.#lateStarts = 0
    this.#startedAtMs = this.#clock.now()
    this.#run()
  }

  /** May be called twice. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #run(): void {
    this.stop()
    this.#lastOfflineMs() // from now on the clock notes it
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

/** Calls `onPast` once, by the rule of {@link Deadline}. Returns the way to prevent that. */
export function startDeadline(clock: Clock, ms: number, onPast: () => void, options = {}): () => void {
  const deadline = new Deadline(clock, ms, onPast, options)
  deadline.start()
  return () => deadline.stop()
}

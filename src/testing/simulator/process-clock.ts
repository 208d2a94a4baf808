/**
 * The clock of one process. Time passes as on another clock, but tasks run only while the process has the thread. Work
 * takes time, and a sleeping machine runs nothing. Tasks due meanwhile wait, and run late, one after the other. Timers
 * keep their order, and so do arrivals from the network. Chance decides between a timer and an arrival, as in a
 * browser. After the death of the process nothing runs.
 */
import type { Clock } from '../../runtime/clock.ts'
import type { Random } from '../random.ts'

/** Largest rounding error of summed times. */
const ROUNDING_MS = 1e-6
/** How often other threads keep a yielded thread for longer, and for how long at most. */
const LONG_YIELD_CHANCE = 0.3
const MAX_YIELD_MS = 20

export class ProcessClock implements Clock {
  readonly #clock: Clock
  readonly #random: Random
  #isDead = false
  /** The thread is busy, or asleep, until this time. */
  #awayUntil = 0
  /** Tasks due meanwhile: timers, and arrivals from the network. */
  readonly #timers: (() => void)[] = []
  readonly #arrivals: (() => void)[] = []
  /** True while a timer is set for the moment the thread becomes free. */
  #isDraining = false

  readonly #lastOfflineMs: () => number

  /** `lastOfflineMs` returns the last time when the machine had no network. */
  constructor(clock: Clock, random: Random, lastOfflineMs = () => Number.NEGATIVE_INFINITY) {
    this.#clock = clock
    this.#random = random
    this.#lastOfflineMs = lastOfflineMs
  }

  lastOfflineMs(): number {
    return this.#lastOfflineMs()
  }

  /** Returns the time seen by code in the process. */
  now(): number {
    return Math.max(this.#clock.now(), this.#awayUntil)
  }

  /** True while the thread is busy or asleep, or while a due task has not run yet. */
  get isAway(): boolean {
    return this.#heldCount > 0 || this.#clock.now() < this.#awayUntil
  }

  after(delayMs: number, callback: () => void): () => void {
    let isPrevented = false
    const dueMs = this.now() + Math.max(0, delayMs)
    const prevent = this.#clock.after(dueMs - this.#clock.now(), () => {
      const fire = () => {
        if (!isPrevented) callback()
      }
      this.#runOrHold(fire, this.#timers)
    })
    return () => {
      isPrevented = true
      prevent()
    }
  }

  /** Runs `task`, caused from outside the process, as soon as the thread is free. */
  run(task: () => void): void {
    this.#runOrHold(task, this.#arrivals)
  }

  /** Keeps the thread for `ms`: the running code takes longer, or the process sleeps. */
  spend(ms: number): void {
    if (ms <= 0) return
    this.#awayUntil = this.now() + ms
    if (!this.#isDraining) this.#drainLater()
  }

  /** Resolves at once if the thread is free, else behind the timers due already. */
  yieldThread(): Promise<void> {
    return new Promise((resolve) => this.#runOrHold(resolve, this.#timers))
  }

  /** Yields like {@link yieldThread}, but sometimes other threads keep the thread for a while. */
  async yieldLonger(): Promise<void> {
    if (this.#random() >= LONG_YIELD_CHANCE) return this.yieldThread()
    await new Promise<void>((resolve) => void this.after(MAX_YIELD_MS * this.#random(), resolve))
  }

  /** Ends the process: no task ever runs again. */
  die(): void {
    this.#isDead = true
    this.#timers.length = 0
    this.#arrivals.length = 0
  }

  get #heldCount(): number {
    return this.#timers.length + this.#arrivals.length
  }

  #runOrHold(task: () => void, queue: (() => void)[]): void {
    if (this.#isDead) return
    if (this.isAway) queue.push(task)
    else task()
  }

  #drainLater(): void {
    this.#isDraining = true
    const waitMs = this.#awayUntil - this.#clock.now()
    this.#clock.after(waitMs, () => {
      this.#isDraining = false
      if (this.#awayUntil - this.#clock.now() > ROUNDING_MS) this.#drainLater()
      else this.#drain()
    })
  }

  /** Runs the next task. If the task keeps the thread, the other tasks wait until the thread is free again. */
  #drain(): void {
    this.#awayUntil = this.#clock.now()
    const [first, second] = this.#random() < 0.5 ? [this.#timers, this.#arrivals] : [this.#arrivals, this.#timers]
    const next = first.shift() ?? second.shift()
    next?.()
    if (this.#heldCount > 0 && !this.#isDraining) this.#drainLater()
  }
}

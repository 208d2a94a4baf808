/**
 * The clock of one process: the time of another clock, but only while the process has its thread. Work takes time, and a
 * machine that sleeps gives none; whatever comes meanwhile waits, and runs late, one after the other. Timers keep their order,
 * and so does what the network brings; which of the two comes first is chance, as in a browser. After its death nothing runs.
 */
import type { Clock } from '../../protocol/clock.ts'
import type { Random } from '../random.ts'

/** Sums of times differ by this much at most. */
const ROUNDING_MS = 1e-6
/** How often others have the thread for longer when it is yielded, and for how long at most. */
const LONG_YIELD_CHANCE = 0.3
const MAX_YIELD_MS = 20

export class ProcessClock implements Clock {
  readonly #clock: Clock
  readonly #random: Random
  #isDead = false
  /** Until then the thread is busy, or asleep. */
  #awayUntil = 0
  /** What has come meanwhile. */
  readonly #timers: (() => void)[] = []
  readonly #arrivals: (() => void)[] = []
  /** A timer is set for the moment at which the thread is free. */
  #isDraining = false

  readonly #lastOfflineMs: () => number

  /** `lastOfflineMs`: when the machine was without a network last. */
  constructor(clock: Clock, random: Random, lastOfflineMs = () => Number.NEGATIVE_INFINITY) {
    this.#clock = clock
    this.#random = random
    this.#lastOfflineMs = lastOfflineMs
  }

  lastOfflineMs(): number {
    return this.#lastOfflineMs()
  }

  /** The time as code in the process sees it. */
  now(): number {
    return Math.max(this.#clock.now(), this.#awayUntil)
  }

  /** True while nothing can run, or something that has come has not run yet. */
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

  /** Runs `task`, which something outside of the process has brought about, as soon as the thread is free for it. */
  run(task: () => void): void {
    this.#runOrHold(task, this.#arrivals)
  }

  /** The code that runs takes `ms` more, or the process sleeps so long. */
  spend(ms: number): void {
    if (ms <= 0) return
    this.#awayUntil = this.now() + ms
    if (!this.#isDraining) this.#drainLater()
  }

  /** Lets go of the thread until what was begun is done, and what has come meanwhile has run. */
  yieldThread(): Promise<void> {
    return new Promise((resolve) => this.#runOrHold(resolve, this.#timers))
  }

  /** The same; now and then others have the thread for a while. */
  async yieldLonger(): Promise<void> {
    if (this.#random() >= LONG_YIELD_CHANCE) return this.yieldThread()
    await new Promise<void>((resolve) => void this.after(MAX_YIELD_MS * this.#random(), resolve))
  }

  /** Nothing of this process ever runs again. */
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

  /** Runs what comes next; the rest waits behind what that one begins, should it take the thread. */
  #drain(): void {
    this.#awayUntil = this.#clock.now()
    const [first, second] = this.#random() < 0.5 ? [this.#timers, this.#arrivals] : [this.#arrivals, this.#timers]
    const next = first.shift() ?? second.shift()
    next?.()
    if (this.#heldCount > 0 && !this.#isDraining) this.#drainLater()
  }
}

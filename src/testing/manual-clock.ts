/** A clock that stands still until a test moves it: for everything that takes a `Clock`. */
import type { Clock } from '../protocol/clock.ts'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** Time in the hands of a test. */
export class ManualClock implements Clock {
  #now = 0
  #isOnline = true
  #lastOfflineMs = Number.NEGATIVE_INFINITY
  readonly #timers = new Set<Timer>()

  /** The delays of the timers that are set, from now on, in milliseconds, the next one first. */
  get pending(): number[] {
    return [...this.#timers].map(({ at }) => at - this.#now).sort((a, b) => a - b)
  }

  now(): number {
    return this.#now
  }

  /** Whether the machine has a network. */
  set isOnline(isOnline: boolean) {
    this.lastOfflineMs()
    this.#isOnline = isOnline
    this.lastOfflineMs()
  }

  lastOfflineMs(): number {
    if (!this.#isOnline) this.#lastOfflineMs = this.#now
    return this.#lastOfflineMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + delayMs, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Moves time on, and runs what has become due, in order. */
  advance(ms: number): void {
    const until = this.#now + ms
    while (this.#fireNext(until));
    this.#now = until
  }

  /** The same, but before each timer, and at the end, everything settles that waits for no other. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms
    do await settle()
    while (this.#fireNext(until))
    this.#now = until
  }

  /** Time goes by while the thread sleeps: what has become due runs afterwards, late. */
  oversleep(ms: number): void {
    const until = this.#now + ms
    const due = [...this.#timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)
    this.#now = until
    for (const timer of due) if (this.#timers.delete(timer)) timer.callback()
  }

  /** Time goes by while the thread sleeps, and what has become due has not run yet when something else does. */
  sleep(ms: number): void {
    this.#now += ms
  }

  #fireNext(until: number): boolean {
    let next: Timer | undefined
    for (const timer of this.#timers) if (timer.at <= until && (next === undefined || timer.at < next.at)) next = timer
    if (next === undefined) return false
    this.#timers.delete(next)
    this.#now = Math.max(this.#now, next.at)
    next.callback()
    return true
  }
}

/** Lets everything run that waits for no timer. */
export async function settle(): Promise<void> {
  // A macrotask a round: promises of any depth have settled by its end, and what they posted runs in the next.
  for (let round = 0; round < 8; round++) await new Promise((resolve) => setImmediate(resolve))
}

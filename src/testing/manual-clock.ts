/** A clock for tests, standing still until the test moves time. For all code taking a `Clock`. */
import type { Clock } from '../runtime/clock.ts'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** A clock in the hands of a test. */
export class ManualClock implements Clock {
  #now = 0
  #isOnline = true
  #lastOfflineMs = Number.NEGATIVE_INFINITY
  readonly #timers = new Set<Timer>()

  /** Delays of the pending timers, from now on, in milliseconds, the next timer first. */
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

  /** Moves time on, and runs the due timers in order. */
  advance(ms: number): void {
    const until = this.#now + ms
    while (this.#fireNext(until));
    this.#now = until
  }

  /**
   * Moves time on like {@link advance}. Before each timer, and at the end, all work not waiting for a timer settles.
   */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms
    do await settle()
    while (this.#fireNext(until))
    this.#now = until
  }

  /** Moves time on while the thread sleeps: the due timers run afterwards, late. */
  oversleep(ms: number): void {
    const until = this.#now + ms
    const due = [...this.#timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)
    this.#now = until
    for (const timer of due) if (this.#timers.delete(timer)) timer.callback()
  }

  /**
   * Moves time on while the thread sleeps, and runs no timer: other code runs first, while the due timers still wait.
   */
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

/** Lets all work run, except work waiting for a timer. */
export async function settle(): Promise<void> {
  // Each round is a macrotask: promises of any depth have settled by the end of the round. The tasks they posted run in
  // the next round.
  for (let round = 0; round < 8; round++) await new Promise((resolve) => setImmediate(resolve))
}

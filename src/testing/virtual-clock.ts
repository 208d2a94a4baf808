/** Time that stands still until a test moves it. */
import type { Clock } from '../sync/clock.ts'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** A clock whose time is moved by {@link advance}. */
export class VirtualClock implements Clock {
  #now = 0
  #timers = new Set<Timer>()

  now(): number {
    return this.#now
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + delayMs, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves the time, firing what is due in its order; between two timers everything that they caused settles. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (let next = this.#nextUntil(end); next !== undefined; next = this.#nextUntil(end)) {
      this.#timers.delete(next)
      this.#now = next.at
      next.callback()
      await settle()
    }
    this.#now = end
  }

  #nextUntil(end: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer
    return first
  }
}

/** Lets everything run that waits for no timer. */
export async function settle(): Promise<void> {
  // A macrotask a round: promises of any depth have settled by its end, and what they posted runs in the next.
  for (let round = 0; round < 8; round++) await new Promise((resolve) => setImmediate(resolve))
}

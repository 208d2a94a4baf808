/** Time as an argument, so that a test can hold it still and move it. */
import { isOnline, watchConnectivity } from './connectivity.ts'
import { MIN_SLEEP_MS } from './constants.ts'

/** Where limits, scores, bans and backoffs get the time from. */
export interface Clock {
  /** Milliseconds since any fixed moment; never runs backwards. */
  now(): number
  /** Calls `callback` once after `delayMs`. Returns the way to prevent that. */
  after(delayMs: number, callback: () => void): () => void
  /**
   * The last moment, in terms of {@link now}, at which the machine had no network; now, while it has none. Left out, or
   * negative infinity: it never was without one.
   */
  lastOfflineMs?(): number
}

/** The clock of the machine. It counts the time that the machine sleeps, which `performance.now` does not everywhere. */
class MachineClock implements Clock {
  #sleptMs = 0
  #lastWallMs = Date.now()
  #lastMs = performance.now()
  #lastOfflineMs = Number.NEGATIVE_INFINITY
  #isWatching = false

  now(): number {
    const [wallMs, ms] = [Date.now(), performance.now()]
    const asleepMs = wallMs - this.#lastWallMs - (ms - this.#lastMs)
    if (asleepMs > MIN_SLEEP_MS) this.#sleptMs += asleepMs
    this.#lastWallMs = wallMs
    this.#lastMs = ms
    return ms + this.#sleptMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  }

  lastOfflineMs(): number {
    if (!this.#isWatching) {
      this.#isWatching = true
      // Both events mean that it was offline a moment ago, or is now.
      watchConnectivity(() => {
        this.#lastOfflineMs = this.now()
      })
    }
    if (!isOnline()) this.#lastOfflineMs = this.now()
    return this.#lastOfflineMs
  }
}

export const systemClock: Clock = new MachineClock()

/** Time as an argument: a test can stop the time and move it on. */
import { isOnline, watchConnectivity } from './connectivity.ts'
import { MIN_SLEEP_MS } from './constants.ts'

/** The source of time for limits, scores, bans and backoffs. */
export interface Clock {
  /** Returns milliseconds since any fixed moment; never runs backwards. */
  now(): number
  /** Calls `callback` once after `delayMs`. Returns a function that cancels the call. */
  after(delayMs: number, callback: () => void): () => void
  /**
   * Returns the last moment without a network, in terms of {@link now}; the current time while the machine is offline.
   * Left out, or negative infinity: the machine was never offline.
   */
  lastOfflineMs?(): number
}

/** The clock of the machine. Counts time asleep, which `performance.now` leaves out on some systems. */
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
      // After both events, the machine is offline now or was a moment ago.
      watchConnectivity(() => {
        this.#lastOfflineMs = this.now()
      })
    }
    if (!isOnline()) this.#lastOfflineMs = this.now()
    return this.#lastOfflineMs
  }
}

export const systemClock: Clock = new MachineClock()

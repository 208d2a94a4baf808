/** Time as an argument, so that a test can hold it still and move it. */

/** Where limits, scores, bans and backoffs get the time from. */
export interface Clock {
  /** Milliseconds since any fixed moment; never runs backwards. */
  now(): number
  /** Calls `callback` once after `delayMs`. Returns the way to prevent that. */
  after(delayMs: number, callback: () => void): () => void
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}

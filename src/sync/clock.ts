/** Time as the sync takes it: passed in, so that a test can hold it still. */
export interface Clock {
  /** Milliseconds from any fixed point; never runs backwards. */
  now(): number
  /** Calls `callback` once after `delayMs`. Returns the way to prevent that. */
  after(delayMs: number, callback: () => void): () => void
}

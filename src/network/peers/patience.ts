/**
 * The timeout for an unmeasured peer. The timeout outlives a connection. Otherwise a peer whose first answer takes
 * longer than {@link START_TIMEOUT_MS} would time out on every new connection, and never be useful.
 */
import { MAX_TIMEOUT_MS, START_TIMEOUT_MS, TIMEOUT_ROUND_TRIPS } from '../constants.ts'

/** A timeout between {@link START_TIMEOUT_MS} and {@link MAX_TIMEOUT_MS}. */
export class Patience {
  #timeoutMs = START_TIMEOUT_MS

  get timeoutMs(): number {
    return this.#timeoutMs
  }

  /** Doubles the timeout, after no answer came in time. */
  grow(): void {
    this.#timeoutMs = Math.min(MAX_TIMEOUT_MS, 2 * this.#timeoutMs)
  }

  /**
   * Sets the timeout after an answer in `elapsedMs`: the first answer of the next connection may take as long, with a
   * margin.
   */
  learn(elapsedMs: number): void {
    this.#timeoutMs = Math.min(MAX_TIMEOUT_MS, Math.max(START_TIMEOUT_MS, TIMEOUT_ROUND_TRIPS * elapsedMs))
  }
}

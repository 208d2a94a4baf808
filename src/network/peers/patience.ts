/**
 * How long to wait for a peer that was not measured yet. It outlives a connection: otherwise a peer whose first answer takes
 * longer than {@link START_TIMEOUT_MS} would be given up each time anew, and be of use to nobody.
 */
import { MAX_TIMEOUT_MS, START_TIMEOUT_MS, TIMEOUT_ROUND_TRIPS } from '../constants.ts'

/** A timeout between {@link START_TIMEOUT_MS} and {@link MAX_TIMEOUT_MS}. */
export class Patience {
  #timeoutMs = START_TIMEOUT_MS

  get timeoutMs(): number {
    return this.#timeoutMs
  }

  /** Nothing came in time: the next answer may take twice as long. */
  grow(): void {
    this.#timeoutMs = Math.min(MAX_TIMEOUT_MS, 2 * this.#timeoutMs)
  }

  /** An answer took `elapsedMs`: the first of the next connection may take as much, and room. */
  learn(elapsedMs: number): void {
    this.#timeoutMs = Math.min(MAX_TIMEOUT_MS, Math.max(START_TIMEOUT_MS, TIMEOUT_ROUND_TRIPS * elapsedMs))
  }
}

/** A peer's standing: goes up with what is useful and down with what is not, and fades to zero with time. */
import { MAX_SCORE, SCORE_HALF_LIFE_MS } from '../constants.ts'

/** A number between ± {@link MAX_SCORE} that halves every {@link SCORE_HALF_LIFE_MS}. */
export class Score {
  #value = 0
  #at = 0

  /** Adds `points` at the time `now`, in milliseconds. */
  add(points: number, now: number): void {
    this.#value = Math.max(-MAX_SCORE, Math.min(MAX_SCORE, this.at(now) + points))
    this.#at = now
  }

  /** The score at the time `now`. */
  at(now: number): number {
    return this.#value * 0.5 ** ((now - this.#at) / SCORE_HALF_LIFE_MS)
  }
}

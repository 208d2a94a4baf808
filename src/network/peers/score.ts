/** The score of a peer: useful answers raise it, useless answers lower it, and with time it fades to zero. */
import { MAX_SCORE, SCORE_HALF_LIFE_MS } from '../constants.ts'

/** A number between ± {@link MAX_SCORE}, halved every {@link SCORE_HALF_LIFE_MS}. */
export class Score {
  #value = 0
  #at = 0

  /** Adds `points` at the time `now`, in milliseconds. */
  add(points: number, now: number): void {
    this.#value = Math.max(-MAX_SCORE, Math.min(MAX_SCORE, this.at(now) + points))
    this.#at = now
  }

  /** Returns the score at the time `now`. */
  at(now: number): number {
    return this.#value * 0.5 ** ((now - this.#at) / SCORE_HALF_LIFE_MS)
  }
}

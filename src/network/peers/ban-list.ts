/** Bans, by peer id and by address. A ban ends by itself, and the list holds at most {@link MAX_BANS}. */
import type { Clock } from '../../runtime/clock.ts'
import { MAX_BANS } from '../constants.ts'
import type { Departure } from '../departure.ts'

interface Ban {
  readonly untilMs: number
  readonly departure: Departure
}

export class BanList {
  readonly #clock: Clock
  /** The bans, the oldest first. */
  readonly #bans = new Map<string, Ban>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The number of bans held. Right after {@link add}, none of them is over. */
  get size(): number {
    return this.#bans.size
  }

  /** Bans `key` for `departure.banMs` from now on, unless a longer ban exists. */
  add(key: string, departure: Departure): void {
    const now = this.#clock.now()
    for (const [other, { untilMs }] of this.#bans) if (untilMs <= now) this.#bans.delete(other)
    const untilMs = now + departure.banMs
    if ((this.#bans.get(key)?.untilMs ?? Number.NEGATIVE_INFINITY) > untilMs) return
    this.#bans.delete(key)
    this.#bans.set(key, { untilMs, departure })
    const [oldest] = this.#bans.keys()
    if (this.#bans.size > MAX_BANS && oldest !== undefined) this.#bans.delete(oldest)
  }

  /** Returns the reason for the ban of `key` and its remaining time; undefined: no ban. */
  of(key: string): Departure | undefined {
    const ban = this.#bans.get(key)
    if (ban === undefined) return undefined
    const banMs = ban.untilMs - this.#clock.now()
    if (banMs > 0) return { ...ban.departure, banMs }
    this.#bans.delete(key)
    return undefined
  }

  /** Ends a ban for silence: our own network may have been down. */
  pardonSilence(key: string): void {
    const reason = this.#bans.get(key)?.departure.reason
    if (reason === 'dialFailed' || reason === 'stalled') this.#bans.delete(key)
  }
}

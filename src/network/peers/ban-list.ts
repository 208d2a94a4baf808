/** Who is kept out, why, and until when: by peer id and by address. BanList end by themselves, and there are only so many. */
import type { Clock } from '../../runtime/clock.ts'
import { MAX_BANS } from '../constants.ts'
import type { Departure } from '../departure.ts'

interface Ban {
  readonly untilMs: number
  readonly departure: Departure
}

export class BanList {
  readonly #clock: Clock
  /** The oldest first. */
  readonly #bans = new Map<string, Ban>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** As many as are held; none of them is over when one was just added. */
  get size(): number {
    return this.#bans.size
  }

  /** Keeps `key` out for `departure.banMs` from now on, unless it is kept out for longer already. */
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

  /** Why `key` is kept out, and for how long from now on; undefined: it is welcome. */
  of(key: string): Departure | undefined {
    const ban = this.#bans.get(key)
    if (ban === undefined) return undefined
    const banMs = ban.untilMs - this.#clock.now()
    if (banMs > 0) return { ...ban.departure, banMs }
    this.#bans.delete(key)
    return undefined
  }

  /** Ends a ban for silence: it may have been our own network that was away. */
  pardonSilence(key: string): void {
    const reason = this.#bans.get(key)?.departure.reason
    if (reason === 'dialFailed' || reason === 'stalled') this.#bans.delete(key)
  }
}

/**
 * Peers that have broken the protocol and are not answered for a while. Whoever comes back under a new id pays for it with
 * a handshake of WebRTC.
 */
import type { Clock } from '../../runtime/clock.ts'
import { LIE_BAN_MS, MAX_OUTCASTS } from '../constants.ts'

export class Outcasts {
  readonly #clock: Clock
  /** Until when, by peer id, the oldest first. */
  readonly #until = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Keeps `peerId` out from now on; beyond {@link MAX_OUTCASTS}, whoever came first is forgotten. */
  add(peerId: string): void {
    this.#until.delete(peerId)
    this.#until.set(peerId, this.#clock.now() + LIE_BAN_MS)
    const [oldest] = this.#until.keys()
    if (this.#until.size > MAX_OUTCASTS && oldest !== undefined) this.#until.delete(oldest)
  }

  has(peerId: string): boolean {
    return (this.#until.get(peerId) ?? Number.NEGATIVE_INFINITY) > this.#clock.now()
  }
}

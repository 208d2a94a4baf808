/** What one peer has taken so far, over all its streams. */
import type { Clock } from './clock.ts'
import { Gcra } from './gcra.ts'
import { RequestQueue } from './request-queue.ts'
import { SendQueue } from './send-queue.ts'
import type { ServingLimits } from './serving-limits.ts'

/** Counts only; the {@link Doorkeeper} draws the conclusions. */
export class PeerAccount<Waiting extends { readonly isBulk: boolean }> {
  streams = 0
  /** Requests that are being read or sent. */
  serving = 0
  /** What its requests came to: who has the least is next. */
  turn = 0
  /** Requests that nobody serves yet. */
  readonly queue = new RequestQueue<Waiting>()
  /** Answers that were read. */
  readonly sending = new SendQueue()
  readonly #requests: Gcra
  readonly #bytes: Gcra

  constructor({ requests, bytes }: ServingLimits, clock: Clock) {
    this.#requests = new Gcra(requests, clock)
    this.#bytes = new Gcra(bytes, clock)
  }

  /** Milliseconds until its next request may be served. */
  waitMs(): number {
    return Math.max(this.#requests.waitMs(1), this.#bytes.waitMs(0))
  }

  charge(requests: number, bytes: number): void {
    this.#requests.take(requests)
    this.#bytes.take(bytes)
    this.turn += bytes
  }

  /** True if the peer is not here and owes nothing: an account that was opened anew would be no different. */
  get isSettled(): boolean {
    return this.streams === 0 && this.serving === 0 && this.#requests.isPaid && this.#bytes.isPaid
  }
}

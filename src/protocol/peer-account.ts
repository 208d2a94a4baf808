/** What one peer has taken so far, over all its streams, and what all peers of one host have. */
import type { Clock } from './clock.ts'
import { Gcra } from './gcra.ts'
import { Holdings } from './holdings.ts'
import { RequestQueue } from './request-queue.ts'
import { SendQueue } from './send-queue.ts'
import type { ServingLimits } from './serving-limits.ts'

/** Counts only; the {@link Turns} and the {@link Doorkeeper} draw the conclusions. */
export class PeerAccount<Waiting extends { readonly isBulk: boolean }> {
  readonly host: HostAccount<Waiting>
  streams = 0
  /** Requests that were begun, and whose answers are not sent yet. */
  serving = 0
  /** What its requests came to: of the peers of a host, the one with the least is next. */
  turn = 0
  /** Requests that nobody serves now. */
  readonly queue = new RequestQueue<Waiting>()
  /** Answers that were read. */
  readonly sending = new SendQueue()
  readonly #requests: Gcra
  readonly #bytes: Gcra

  constructor(host: HostAccount<Waiting>, { requests, bytes }: ServingLimits, clock: Clock) {
    this.host = host
    this.#requests = new Gcra(requests, clock)
    this.#bytes = new Gcra(bytes, clock)
  }

  /** Milliseconds until its next request may be begun. */
  waitMs(): number {
    return Math.max(this.#requests.waitMs(1), this.#bytes.waitMs(0))
  }

  /** Counts towards its rates. */
  take(requests: number, bytes: number): void {
    this.#requests.take(requests)
    this.#bytes.take(bytes)
  }

  /** Counts towards its turn, and that of its host. */
  charge(cost: number): void {
    this.turn += cost
    this.host.turn += cost
  }

  /** True if the peer is not here and owes nothing: an account that was opened anew would be no different. */
  get isSettled(): boolean {
    const owesTurns = this.turn > this.host.turnOfPeers && this.host.isActive
    return this.streams === 0 && this.serving === 0 && !owesTurns && this.#requests.isPaid && this.#bytes.isPaid
  }
}

/** The peers that come from one address: whoever comes under many names is still one host. */
export class HostAccount<Waiting extends { readonly isBulk: boolean }> {
  readonly name: string
  /** What its peers' requests came to: of the hosts, the one with the least is next. */
  turn = 0
  /** The turn of its peer whose request was read last. */
  turnOfPeers = 0
  streams = 0
  /** Requests that were begun, and whose answers are not read yet. */
  reading = 0
  /** Its peers with requests that nobody serves now. */
  readonly queued = new Set<PeerAccount<Waiting>>()
  /** What is held for its peers. */
  readonly held: Holdings

  constructor(name: string, { heldBytesPerHost }: ServingLimits) {
    this.name = name
    this.held = new Holdings(heldBytesPerHost)
  }

  /** Something is asked or read. */
  get isActive(): boolean {
    return this.queued.size > 0 || this.reading > 0
  }
}

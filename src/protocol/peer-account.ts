/** Accounts of the service taken: by one peer over all its streams, and by all peers of one host. */
import type { Clock } from '../runtime/clock.ts'
import { Gcra } from './gcra.ts'
import { Holdings } from './holdings.ts'
import { RequestQueue } from './request-queue.ts'
import { SendQueue } from './send-queue.ts'
import type { ServingLimits } from './serving-limits.ts'

/** The account of one peer. It only counts; {@link Turns} and {@link Admission} decide. */
export class PeerAccount<Waiting extends { readonly isBulk: boolean }> {
  readonly host: HostAccount<Waiting>
  streams = 0
  /** Requests begun, with answers not sent yet. */
  serving = 0
  /**
   * The cost of the peer's requests, in bytes; silence raises the value to the current turn. The peer of a host with
   * the least is next.
   */
  turn = 0
  /** Requests waiting for a turn. */
  readonly queue = new RequestQueue<Waiting>()
  /** Answers read and not sent yet. */
  readonly sending = new SendQueue()
  readonly #requests: Gcra
  readonly #bytes: Gcra

  constructor(host: HostAccount<Waiting>, { requests, bytes }: ServingLimits, clock: Clock) {
    this.host = host
    this.#requests = new Gcra(requests, clock)
    this.#bytes = new Gcra(bytes, clock)
  }

  /** Returns the milliseconds until the peer's next request may begin. */
  waitMs(): number {
    return Math.max(this.#requests.waitMs(1), this.#bytes.waitMs(0))
  }

  /** Counts towards the peer's rates. */
  take(requests: number, bytes: number): void {
    this.#requests.take(requests)
    this.#bytes.take(bytes)
  }

  /** Counts towards the turns of the peer and its host. */
  charge(cost: number): void {
    this.turn += cost
    this.host.turn += cost
  }

  /** True if the peer has no stream and owes nothing. A new account would then behave the same. */
  get isSettled(): boolean {
    const owesTurns = this.turn > this.host.turnOfPeers && this.host.isActive
    return this.streams === 0 && this.serving === 0 && !owesTurns && this.#requests.isPaid && this.#bytes.isPaid
  }
}

/** The account of all peers from one address. A peer using many ids is still one host. */
export class HostAccount<Waiting extends { readonly isBulk: boolean }> {
  readonly name: string
  /**
   * The cost of all requests of the host's peers, in bytes; silence raises the value to the current turn. The host with
   * the least is next.
   */
  turn = 0
  /** The turn of the host's peer read last. */
  turnOfPeers = 0
  streams = 0
  /** Requests begun, with answers not read yet. */
  reading = 0
  /** The host's peers with requests waiting for a turn. */
  readonly queued = new Set<PeerAccount<Waiting>>()
  /** Memory held for the host's peers. */
  readonly held: Holdings

  constructor(name: string, { heldBytesPerHost }: ServingLimits) {
    this.name = name
    this.held = new Holdings(heldBytesPerHost)
  }

  /** True if a request waits or is being read. */
  get isActive(): boolean {
    return this.queued.size > 0 || this.reading > 0
  }
}

/**
 * What a client that comes anew does first, on the server's clock: when its socket, its stream and its first request for
 * nodes arrive. Answers can be withheld meanwhile, so that a sync begins and gets no further.
 */
import type { NodeSource } from '../../src/trie/node-source.ts'

/** Milliseconds since the epoch, which the processes of a machine have in common. */
export interface Arrival {
  readonly socketAt: number
  /** Noise, yamux and the negotiation of the protocol are behind it. */
  readonly streamAt: number
  readonly requestAt: number
}

export class RequestWatch {
  #socketAt: number | null = null
  #streamAt: number | null = null
  #peers = 0
  #arrived: (arrival: Arrival) => void = () => {}
  #arrival: Promise<Arrival> = new Promise(() => {})
  #opened: Promise<void> = Promise.resolve()
  #open = () => {}

  /** `source`, whose runs are watched, and wait while they are withheld. */
  watch(source: NodeSource): NodeSource {
    return {
      has: (root) => source.has(root),
      path: (root, ref, key) => source.path(root, ref, key),
      code: (hash) => source.code(hash),
      run: async (root, ref, maxNodes, maxBytes) => {
        this.#meetRequest()
        await this.#opened
        return source.run(root, ref, maxNodes, maxBytes)
      },
    }
  }

  /** Looks out for the next one who comes. Whoever is connected already is of no interest. */
  begin(): void {
    this.#socketAt = null
    this.#streamAt = null
    this.#arrival = new Promise((resolve) => {
      this.#arrived = resolve
    })
  }

  /** Resolves when the first request of whoever came since {@link begin} is here. */
  arrival(): Promise<Arrival> {
    return this.#arrival
  }

  /** Keeps all answers back, or lets them go. */
  withhold(isWithheld: boolean): void {
    this.#open()
    this.#opened = isWithheld ? new Promise((resolve) => this.#hold(resolve)) : Promise.resolve()
  }

  meetSocket(): void {
    this.#socketAt ??= Date.now()
  }

  /** So many streams are open now. */
  meetPeers(peers: number): void {
    if (peers > this.#peers && this.#socketAt !== null) this.#streamAt ??= Date.now()
    this.#peers = peers
  }

  #meetRequest(): void {
    if (this.#socketAt === null || this.#streamAt === null) return
    this.#arrived({ socketAt: this.#socketAt, streamAt: this.#streamAt, requestAt: Date.now() })
  }

  #hold(open: () => void): void {
    this.#open = open
  }
}

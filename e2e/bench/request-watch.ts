/**
 * The first acts of a new client, on the server's clock: the arrival of its socket, its stream and its first request
 * for nodes. Answers can be withheld meanwhile, so a sync begins and gets no further.
 */
import type { NodeSource } from '../../src/trie/node-source.ts'

/** Milliseconds since the epoch, a clock shared by all processes of a machine. */
export interface Arrival {
  readonly socketAt: number
  /** The time after noise, yamux and the negotiation of the protocol. */
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

  /** Wraps `source`: runs are watched, and wait while withheld. */
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

  /** Waits for the next new client. Clients connected already do not count. */
  begin(): void {
    this.#socketAt = null
    this.#streamAt = null
    this.#arrival = new Promise((resolve) => {
      this.#arrived = resolve
    })
  }

  /** Resolves when the first request of the first client since {@link begin} has arrived. */
  arrival(): Promise<Arrival> {
    return this.#arrival
  }

  /** Withholds all answers, or releases the withheld ones. */
  withhold(isWithheld: boolean): void {
    this.#open()
    this.#opened = isWithheld ? new Promise((resolve) => this.#hold(resolve)) : Promise.resolve()
  }

  meetSocket(): void {
    this.#socketAt ??= Date.now()
  }

  /** Takes in the number of open streams. */
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

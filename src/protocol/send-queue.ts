/** Sends answers to one peer in order, with no more bytes at a time than the peer's connection may carry. */

interface Sending {
  readonly bytes: number
  readonly maxBytes: number
  readonly begin: () => void
}

export class SendQueue {
  #bytes = 0
  readonly #waiting: Sending[] = []

  /** Bytes of the answers being sent. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Waits for its turn, then until the bytes in flight plus `bytes` fit into `maxBytes`. A single answer may always go.
   * Settles like `send`.
   */
  async send(bytes: number, maxBytes: number, send: () => Promise<void>): Promise<void> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ bytes, maxBytes, begin })
      this.#beginNext()
    })
    try {
      await send()
    } finally {
      this.#bytes -= bytes
      this.#beginNext()
    }
  }

  #beginNext(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#hasRoom(next); next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#bytes += next.bytes
      next.begin()
    }
  }

  #hasRoom({ bytes, maxBytes }: Sending): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= maxBytes
  }
}

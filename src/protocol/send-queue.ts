/** Answers on their way to one peer: in order, and no more bytes at a time than its connection may carry. */

interface Sending {
  readonly bytes: number
  readonly maxBytes: number
  readonly begin: () => void
}

export class SendQueue {
  #bytes = 0
  readonly #waiting: Sending[] = []

  /** Of what is being sent. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Sends as soon as no more than `maxBytes` are on their way with it, or nothing else is, and nobody waits ahead of it.
   * Settles as `send` does.
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

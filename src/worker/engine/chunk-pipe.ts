/** A pipe of one chunk between a giver and a taker: neither runs ahead of the other. */

export class ChunkPipe {
  #chunk: Uint8Array | null | undefined
  #error: unknown
  #state: 'open' | 'closed' | 'failed' = 'open'
  readonly #waiting: (() => void)[] = []

  /** Gives the next chunk, `null` for the end. Resolves when there is room for another; false: no more is wanted. */
  async give(chunk: Uint8Array | null): Promise<boolean> {
    while (this.#chunk !== undefined && this.#state === 'open') await this.#change()
    if (this.#state !== 'open') return false
    this.#chunk = chunk
    this.#tell()
    return true
  }

  /** Takes the next chunk. Rejects with the reason of {@link fail}. */
  async take(): Promise<Uint8Array | null> {
    while (this.#chunk === undefined && this.#state === 'open') await this.#change()
    if (this.#state === 'failed') throw this.#error
    const chunk = this.#chunk ?? null
    if (chunk !== null) this.#chunk = undefined // the end stays
    this.#tell()
    return chunk
  }

  /** Ends the taker's side: no more is wanted. */
  close(): void {
    if (this.#state === 'open') this.#state = 'closed'
    this.#tell()
  }

  /** Ends the pipe for both sides. */
  fail(reason: unknown): void {
    if (this.#state === 'open') {
      this.#state = 'failed'
      this.#error = reason
    }
    this.#tell()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #tell(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

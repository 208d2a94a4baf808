/** Tracks the memory held for peers, the oldest first, and evicts the oldest when the total is too large. */

/** A request, an answer or an incomplete message held in memory. */
export interface Holding {
  /** Ends the stream of this holding; must release the holding at once. */
  readonly evict: () => void
}

export class Holdings {
  readonly #maxBytes: number
  /** Bytes of each holding, in the order of arrival. */
  readonly #held = new Map<Holding, number>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Bytes of all holdings. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Adds a holding, and evicts the oldest ones while the total is too large. A holding that moves on is young. Old ones
   * belong to peers that do not read, or that ask for more than their share.
   */
  hold(holding: Holding, bytes: number): void {
    this.#held.set(holding, bytes)
    this.#bytes += bytes
    this.#evict()
  }

  /** Sets the bytes of a holding; its age stays. Ignores a released holding. */
  resize(holding: Holding, bytes: number): void {
    const before = this.#held.get(holding)
    if (before === undefined) return
    this.#held.set(holding, bytes)
    this.#bytes += bytes - before
    this.#evict()
  }

  /** Removes a holding. May be called twice. */
  release(holding: Holding): void {
    this.#bytes -= this.#held.get(holding) ?? 0
    this.#held.delete(holding)
  }

  #evict(): void {
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      oldest.evict()
    }
  }
}

/** What is held in memory for peers, the oldest first, and who has to go when it becomes too much. */

/** Something that is held. */
export interface Holding {
  readonly bytes: number
  /** Ends whatever it is held for; must release it at once. */
  readonly evict: () => void
}

export class Holdings {
  readonly #maxBytes: number
  /** In the order of arrival. */
  readonly #held = new Set<Holding>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Of all that is held. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Holds it, and evicts what is oldest as long as there is too much. What moves on is young: what is old belongs to
   * peers that do not read, or that ask for more than they are given.
   */
  hold(holding: Holding): void {
    this.#held.add(holding)
    this.#bytes += holding.bytes
    for (const oldest of this.#held) {
      if (this.#bytes <= this.#maxBytes) return
      oldest.evict()
    }
  }

  /** May be called twice. */
  release(holding: Holding): void {
    if (this.#held.delete(holding)) this.#bytes -= holding.bytes
  }
}

/** What is held in memory for peers, the oldest first, and who has to go when it becomes too much. */

/** Something that is held. */
export interface Holding {
  /** Ends whatever it is held for; must release it at once. */
  readonly evict: () => void
}

export class Holdings {
  readonly #maxBytes: number
  /** How many bytes each is, in the order of arrival. */
  readonly #held = new Map<Holding, number>()
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
  hold(holding: Holding, bytes: number): void {
    this.#held.set(holding, bytes)
    this.#bytes += bytes
    this.#evict()
  }

  /** What is held has grown, or shrunk; its age stays. */
  resize(holding: Holding, bytes: number): void {
    const before = this.#held.get(holding)
    if (before === undefined) return
    this.#held.set(holding, bytes)
    this.#bytes += bytes - before
    this.#evict()
  }

  /** May be called twice. */
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

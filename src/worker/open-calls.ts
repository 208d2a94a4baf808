/** Calls waiting for an answer: each has a number, can be sent again, and is settled once. */

/** The two ends of a promise. */
export interface Settle {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

interface OpenCall<Asked> extends Settle {
  readonly asked: Asked
}

export class OpenCalls<Asked> {
  /** Calls by number, in the order of their making. */
  readonly #open = new Map<number, OpenCall<Asked>>()
  #next = 0

  get numbers(): number[] {
    return [...this.#open.keys()]
  }

  /** Notes a call and sends the call with `send`, which gets its number. Settles as the call is settled. */
  add<T = unknown>(asked: Asked, send: (call: number) => void): Promise<T> {
    const call = this.#next++
    return new Promise<T>((resolve, reject) => {
      this.#open.set(call, { asked, resolve: resolve as Settle['resolve'], reject })
      send(call)
    })
  }

  /** Returns the open call with this number, if any. */
  get(call: number): Asked | undefined {
    return this.#open.get(call)?.asked
  }

  resolve(call: number, value: unknown): void {
    this.#take(call)?.resolve(value)
  }

  reject(call: number, error: unknown): void {
    this.#take(call)?.reject(error)
  }

  rejectAll(error: unknown): void {
    for (const call of this.numbers) this.reject(call, error)
  }

  #take(call: number): OpenCall<Asked> | undefined {
    const open = this.#open.get(call)
    this.#open.delete(call)
    return open
  }
}

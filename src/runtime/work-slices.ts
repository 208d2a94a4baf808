/** Work in slices: after each slice, the thread is free for other work. */
export class WorkSlices {
  readonly #now: () => number
  readonly #yieldThread: () => Promise<void>
  readonly #sliceMs: number
  /** The last time the thread was free for other work. */
  #startedAtMs: number

  constructor(sliceMs: number, now: () => number, yieldThread: () => Promise<void>) {
    this.#sliceMs = sliceMs
    this.#now = now
    this.#yieldThread = yieldThread
    this.#startedAtMs = now()
  }

  /** Lets the thread do other work if this slice has been long enough. Returns true if so. */
  async breathe(): Promise<boolean> {
    if (this.#now() - this.#startedAtMs < this.#sliceMs) return false
    await this.#yieldThread()
    this.begin()
    return true
  }

  /** Begins a slice: the thread was free until now. */
  begin(): void {
    this.#startedAtMs = this.#now()
  }
}

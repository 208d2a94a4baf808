/** What this tab does for itself, so that what it does for others can wait for it. */
export class ForegroundWork {
  #reads = 0
  #syncs = 0
  #waiting: (() => void)[] = []

  /** Others get little while it lasts, which may be long. */
  get isSyncing(): boolean {
    return this.#syncs > 0
  }

  /** Counts a read as long as it has not settled: others wait. */
  async read<T>(work: () => Promise<T>): Promise<T> {
    this.#reads++
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  /** Within a read: what waits for peers does not count, or two tabs that read from each other would wait for each other. */
  async waitForPeers<T>(work: () => Promise<T>): Promise<T> {
    this.#leave()
    try {
      return await work()
    } finally {
      this.#reads++
    }
  }

  /** Counts a sync as long as it has not settled. */
  async sync<T>(work: () => Promise<T>): Promise<T> {
    this.#syncs++
    try {
      return await work()
    } finally {
      this.#syncs--
    }
  }

  /** Resolves when nothing is being read. */
  async noReads(): Promise<void> {
    // What has begun while the others were woken goes first as well.
    while (this.#reads > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #leave(): void {
    this.#reads--
    if (this.#reads === 0) for (const resume of this.#waiting.splice(0)) resume()
  }
}

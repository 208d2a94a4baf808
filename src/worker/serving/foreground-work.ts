/** The tab's own reads and syncs, for which the serving of other tabs waits. */
export class ForegroundWork {
  #reads = 0
  #syncs = 0
  #waiting: (() => void)[] = []

  /** True during a sync, which may take long: other tabs get little. */
  get isSyncing(): boolean {
    return this.#syncs > 0
  }

  /** Counts a read until the read settles; other tabs wait. */
  async read<T>(work: () => Promise<T>): Promise<T> {
    this.#reads++
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  /**
   * Runs a wait for peers within a read. The wait does not count as work; otherwise two tabs reading from each other
   * would deadlock.
   */
  async waitForPeers<T>(work: () => Promise<T>): Promise<T> {
    this.#leave()
    try {
      return await work()
    } finally {
      this.#reads++
    }
  }

  /** Counts a sync until the sync settles. */
  async sync<T>(work: () => Promise<T>): Promise<T> {
    this.#syncs++
    try {
      return await work()
    } finally {
      this.#syncs--
    }
  }

  /** Resolves when no read is running. */
  async noReads(): Promise<void> {
    // A read begun while other waiters woke up goes first as well.
    while (this.#reads > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #leave(): void {
    this.#reads--
    if (this.#reads === 0) for (const resume of this.#waiting.splice(0)) resume()
  }
}

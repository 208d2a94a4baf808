/**
 * The Web Lock of the one tab that writes to a database: taken, waited for, stolen, let go. The browser passes it on when
 * its tab is closed or killed; one that is frozen keeps it, and has to be stolen from.
 */

/** What is used of `navigator.locks`. */
export interface Locks {
  request(
    name: string,
    options: LockOptions,
    callback: (lock: object | null) => Promise<void> | undefined,
  ): Promise<unknown>
}

export interface WriterLockOptions {
  readonly locks: Locks
  readonly name: string
  /** What was waited for, or stolen, is ours. */
  readonly onHeld: () => void
  /** It was ours, and another tab has stolen it. */
  readonly onLost: () => void
}

export class WriterLock {
  readonly #options: WriterLockOptions
  /** Lets go of the lock; `null`: it is not ours. */
  #release: (() => void) | null = null
  #waiting: AbortController | null = null
  #isClosed = false

  constructor(options: WriterLockOptions) {
    this.#options = options
  }

  /** Takes the lock if nobody has it, and says whether it did. Never settles where the browser does not answer. */
  take(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#request({ ifAvailable: true }, () => resolve(true)).then(
        () => resolve(false),
        () => resolve(false),
      )
    })
  }

  /** Stands in line for it. */
  wait(): void {
    this.#waiting?.abort()
    this.#waiting = new AbortController()
    void this.#request({ signal: this.#waiting.signal }, this.#options.onHeld)
  }

  /** Takes it from whoever has it. */
  steal(): void {
    if (this.#release !== null) return
    void this.#request({ steal: true }, this.#options.onHeld)
  }

  /** Lets go of it, or leaves the line. */
  release(): void {
    this.#waiting?.abort()
    this.#waiting = null
    this.#release?.()
    this.#release = null
  }

  /** The same for good: a lock that the browser grants later is let go at once. */
  close(): void {
    this.#isClosed = true
    this.release()
  }

  /** Settles when the lock is ours no more, or was not given to us; never rejects. */
  async #request(options: LockOptions, onHeld: () => void): Promise<void> {
    const { locks, name, onLost } = this.#options
    let own: (() => void) | null = null
    try {
      await locks.request(name, options, (lock) => {
        if (lock === null || this.#isClosed) return
        return new Promise<void>((release) => {
          own = release
          this.#release = release
          onHeld()
        })
      })
    } catch {
      // Aborted in line by ourselves; or stolen, while it was ours.
      if (own === null || this.#release !== own) return
      this.#release = null
      onLost()
    }
  }
}

/**
 * The Web Lock of the one tab that writes to a database: taken, waited for, stolen, released. The browser passes the
 * lock on when its tab is closed or killed. A frozen tab keeps the lock, so another tab has to steal.
 */

/** The used part of `navigator.locks`. */
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
  /** Called when this tab has the lock, after waiting or stealing. */
  readonly onHeld: () => void
  /** Called when another tab has stolen the lock from this one. */
  readonly onLost: () => void
}

export class WriterLock {
  readonly #options: WriterLockOptions
  /** Releases the lock; `null`: this tab does not have the lock. */
  #release: (() => void) | null = null
  #waiting: AbortController | null = null
  #isClosed = false

  constructor(options: WriterLockOptions) {
    this.#options = options
  }

  /** Takes the lock if free. Returns true on success. Never settles where the browser does not answer. */
  take(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#request({ ifAvailable: true }, () => resolve(true)).then(
        () => resolve(false),
        () => resolve(false),
      )
    })
  }

  /** Stands in line for the lock. */
  wait(): void {
    this.#waiting?.abort()
    this.#waiting = new AbortController()
    void this.#request({ signal: this.#waiting.signal }, this.#options.onHeld)
  }

  /** Takes the lock from its holder. */
  steal(): void {
    if (this.#release !== null) return
    void this.#request({ steal: true }, this.#options.onHeld)
  }

  /** Releases the lock, or leaves the line. */
  release(): void {
    this.#waiting?.abort()
    this.#waiting = null
    this.#release?.()
    this.#release = null
  }

  /** Releases the lock for good: a lock granted later is released at once. */
  close(): void {
    this.#isClosed = true
    this.release()
  }

  /** Settles when this tab has lost the lock, or did not get the lock; never rejects. */
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
      // The request was aborted in line by this tab; or the lock was stolen.
      if (own === null || this.#release !== own) return
      this.#release = null
      onLost()
    }
  }
}

/**
 * The pause of a sync on a full disk. The pause lasts from the first write that does not fit until everything waiting
 * has been written. This file schedules the tries, and tells the application once per pause; the loop does the writing.
 */
import type { Clock } from '../runtime/clock.ts'
import { FIRST_ROOM_RETRY_MS, MAX_ROOM_RETRY_MS } from './constants.ts'
import { SyncError } from './errors.ts'

/** The browser's storage numbers of this origin, in bytes; `null`: unknown. Both are estimates, and may lag. */
export interface StorageNumbers {
  readonly usage: number | null
  readonly quota: number | null
}

export interface StoragePauseOptions {
  readonly clock: Clock
  readonly estimate: () => Promise<StorageNumbers>
  /** Called once per pause, with `quotaExceeded`: the numbers in its details, the failed write as its cause. */
  readonly onPaused: (error: SyncError) => void
  /** Called when a try is due. */
  readonly onDue: () => void
}

export class StoragePause {
  readonly #options: StoragePauseOptions
  #isFull = false
  #isDue = false
  /** True while a try is running. */
  #isTrying = false
  #delayMs = FIRST_ROOM_RETRY_MS
  /** The number of pauses so far: a late estimate must not be reported in a later pause. */
  #pauses = 0
  #stopTimer: () => void = () => {}

  constructor(options: StoragePauseOptions) {
    this.#options = options
  }

  /** True from a write that did not fit until {@link end}. */
  get isFull(): boolean {
    return this.#isFull
  }

  /**
   * Starts the pause, or goes on with it, after a write did not fit. The next try is due after a delay that doubles
   * each time, or at once if {@link hurry} was called during this try.
   */
  begin(cause: unknown): void {
    const isHurried = this.#isTrying && this.#isDue
    this.#isTrying = false
    this.#isDue = isHurried
    this.#stopTimer()
    if (isHurried) this.#options.onDue()
    else {
      this.#stopTimer = this.#options.clock.after(this.#delayMs, () => this.hurry())
      this.#delayMs = Math.min(MAX_ROOM_RETRY_MS, this.#delayMs * 2)
    }
    if (this.#isFull) return
    this.#isFull = true
    void this.#tell(++this.#pauses, cause)
  }

  /** Makes the next try due at once: there may be room now. */
  hurry(): void {
    if (!this.#isFull) return
    this.#stopTimer()
    this.#isDue = true
    this.#options.onDue()
  }

  /**
   * Returns true if a try is due. Then the caller makes the try, and reports the outcome with {@link begin} or
   * {@link end}.
   */
  takeTurn(): boolean {
    if (!this.#isDue || this.#isTrying) return false
    this.#isDue = false
    this.#isTrying = true
    return true
  }

  /** Ends the pause: everything waiting was written, or nothing waits any more. */
  end(): void {
    this.#stopTimer()
    this.#isFull = false
    this.#isDue = false
    this.#isTrying = false
    this.#delayMs = FIRST_ROOM_RETRY_MS
  }

  async #tell(pause: number, cause: unknown): Promise<void> {
    // If the browser refuses to answer, the numbers stay unknown; the disk is as full as before.
    const { usage, quota } = await this.#options.estimate().catch(() => ({ usage: null, quota: null }))
    if (!this.#isFull || pause !== this.#pauses) return
    const message = 'the browser grants no more storage: the sync is paused until there is room'
    this.#options.onPaused(new SyncError('quotaExceeded', message, { details: { usage, quota }, cause }))
  }
}

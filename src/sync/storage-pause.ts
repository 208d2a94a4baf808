/**
 * The pause of a sync whose disk is full: it lasts from the first write that does not fit until everything that waits has
 * been written. This file says when to try again, and tells the application once; the writes themselves are the loop's.
 */
import type { Clock } from './clock.ts'
import { FIRST_ROOM_RETRY_MS, MAX_ROOM_RETRY_MS } from './constants.ts'
import { SyncError } from './errors.ts'

/** What the browser lets this origin store, in bytes; `null`: it does not say. Both are estimates, and may lag. */
export interface StorageNumbers {
  readonly usage: number | null
  readonly quota: number | null
}

export interface StoragePauseOptions {
  readonly clock: Clock
  readonly estimate: () => Promise<StorageNumbers>
  /** Called once a pause, with `quotaExceeded`: the numbers in its details, the failed write as its cause. */
  readonly onPaused: (error: SyncError) => void
  /** It is time to try again. */
  readonly onDue: () => void
}

export class StoragePause {
  readonly #options: StoragePauseOptions
  #isFull = false
  #isDue = false
  /** A turn was taken, and how the try went is not known yet. */
  #isTrying = false
  #delayMs = FIRST_ROOM_RETRY_MS
  /** How many pauses there were: an estimate that comes late belongs to none. */
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
   * A write did not fit, the first one or another: the next try is due after a while that doubles from one to the next, or
   * at once, if somebody hurried while this one was under way.
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

  /** There may be room now: the next try is due at once. */
  hurry(): void {
    if (!this.#isFull) return
    this.#stopTimer()
    this.#isDue = true
    this.#options.onDue()
  }

  /** True if a try is due; then it is the caller's to make, and says how it went with {@link begin} or {@link end}. */
  takeTurn(): boolean {
    if (!this.#isDue || this.#isTrying) return false
    this.#isDue = false
    this.#isTrying = true
    return true
  }

  /** Everything that waited was written, or nobody waits any more. */
  end(): void {
    this.#stopTimer()
    this.#isFull = false
    this.#isDue = false
    this.#isTrying = false
    this.#delayMs = FIRST_ROOM_RETRY_MS
  }

  async #tell(pause: number, cause: unknown): Promise<void> {
    // A browser that refuses to say leaves the numbers unknown; the disk is as full as before.
    const { usage, quota } = await this.#options.estimate().catch(() => ({ usage: null, quota: null }))
    if (!this.#isFull || pause !== this.#pauses) return
    const message = 'the browser grants no more storage: the sync is paused until there is room'
    this.#options.onPaused(new SyncError('quotaExceeded', message, { details: { usage, quota }, cause }))
  }
}

/** One sync as seen by the application: events, a promise, and ways to end the sync. */

import { type ErrorDetails, isRootlightError, type RootlightError } from './runtime/error.ts'
import type { PauseReason, StallReason, SyncProgress } from './sync/progress.ts'
import { TypedEventTarget } from './typed-events.ts'

/** The events of a {@link Sync}. */
export interface SyncEventMap {
  /** Fires at most ten times a second, and at each change of the phase. */
  progress: CustomEvent<SyncProgress>
  /**
   * The sync has no peer to ask. The sync goes on by itself as soon as possible; a newer root may help. With the reason
   * `loadFailed`, `details` name the missing `part` of the code and the browser's `message`.
   */
  stalled: CustomEvent<{ readonly reason: StallReason; readonly details: ErrorDetails | null }>
  /**
   * The disk is full. Verified data stays in memory, and the sync asks for nothing more. The sync goes on by itself
   * once there is room; {@link Sync.resume} tries at once. `error` is `quotaExceeded`. Its details contain `usage` and
   * `quota` in bytes as estimated by the browser, `null` without an estimate.
   */
  paused: CustomEvent<{ readonly reason: PauseReason; readonly error: RootlightError }>
}

/** The commands of a sync to its engine. */
export interface SyncCommands {
  readonly cancel: () => Promise<void>
  readonly leave: () => Promise<void>
  readonly resume: () => Promise<void>
}

/** A running or ended sync. */
export class Sync extends TypedEventTarget<SyncEventMap> {
  /**
   * Resolves with the last progress once all data under the root is verified and on disk. Rejects with a coded error:
   * `superseded`, `cancelled`, `wiped`, `closed`, `badRoot`, `storeFailed`, `workerDied`, `badRootText`,
   * `headerMismatch`, `quotaExceeded` (no room even for the record of the target), or without Web Locks `fenced`
   * (another tab opened the database). The caller may ignore the promise.
   */
  readonly done: Promise<SyncProgress>
  readonly #commands: SyncCommands
  #progress: SyncProgress | null = null
  #coverage: Float32Array = new Float32Array(4096)

  /** Called by `LightClient.sync` only. */
  constructor(done: Promise<SyncProgress>, commands: SyncCommands) {
    super()
    this.done = done
    this.#commands = commands
    // An ignored `done` must not become an unhandled rejection. A caller awaiting `done` still gets the error.
    done.catch(() => {})
  }

  /** The last reported progress, or `null`. */
  get progress(): SyncProgress | null {
    return this.#progress
  }

  /** The key space by the first three nibbles of the hashed address: 4,096 cells, each 0 (unknown) to 1 (verified). */
  coverage(): Float32Array {
    return this.#coverage
  }

  /**
   * Stops the sync for all tabs, and keeps the verified data. Resolves when the data is on disk. `done` rejects with
   * `cancelled` in all tabs. Use {@link leave} to end only this caller's part.
   */
  cancel(): Promise<void> {
    return this.#end(this.#commands.cancel)
  }

  /**
   * Withdraws this caller's interest in the sync: `done` rejects with `cancelled`. The sync goes on while another open
   * tab wants the same target. After the last tab leaves, the sync stops and keeps the verified data.
   */
  leave(): Promise<void> {
    return this.#end(this.#commands.leave)
  }

  async #end(command: () => Promise<void>): Promise<void> {
    await command().catch((error) => {
      // Closing the client stopped the sync as well.
      if (!isRootlightError(error, 'closed')) throw error
    })
    await this.done.catch(() => {})
  }

  /** Tells a sync paused by a full disk to try at once. Has no effect on other syncs. */
  resume(): Promise<void> {
    return this.#commands.resume()
  }

  /** Takes over a progress from the engine. */
  receive(progress: SyncProgress, coverage: Float32Array): void {
    this.#progress = progress
    this.#coverage = coverage
    this.dispatchEvent(new CustomEvent('progress', { detail: progress }))
  }

  /** Takes over a pause from the engine. */
  receivePause(reason: PauseReason, error: RootlightError): void {
    this.dispatchEvent(new CustomEvent('paused', { detail: { reason, error } }))
  }

  /** Takes over a stall from the engine. */
  receiveStall(reason: StallReason, details: ErrorDetails | null): void {
    this.dispatchEvent(new CustomEvent('stalled', { detail: { reason, details } }))
  }
}

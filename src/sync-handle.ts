/** One sync as the application sees it: events, a promise, and the way to stop it. */
import type { PauseReason, StallReason, SyncProgress } from './sync/progress.ts'
import { type ErrorDetails, isRootlightError, type RootlightError } from './trie/error.ts'
import { TypedEventTarget } from './typed-events.ts'

export interface SyncEventMap {
  /** At most ten times a second, and whenever the phase changes. */
  progress: CustomEvent<SyncProgress>
  /**
   * Nothing can be asked for. It goes on by itself as soon as something can; a newer root may help. `details` say with
   * `loadFailed` which `part` of the code could not be loaded, and the browser's `message`.
   */
  stalled: CustomEvent<{ readonly reason: StallReason; readonly details: ErrorDetails | null }>
  /**
   * The disk is full. What is verified is kept in memory, nothing more is asked for, and the sync goes on by itself when
   * there is room; {@link Sync.resume} makes it try at once. `error` is `quotaExceeded`, and its details have `usage` and
   * `quota` in bytes as the browser estimates them, `null` where it does not.
   */
  paused: CustomEvent<{ readonly reason: PauseReason; readonly error: RootlightError }>
}

/** What a sync asks of its engine. */
export interface SyncCommands {
  readonly cancel: () => Promise<void>
  readonly leave: () => Promise<void>
  readonly resume: () => Promise<void>
}

/** A running sync, or one that has ended. */
export class Sync extends TypedEventTarget<SyncEventMap> {
  /**
   * Resolves with the last progress when everything under the root is verified and on disk. Rejects with a coded error:
   * `superseded`, `cancelled`, `wiped`, `closed`, `badRoot`, `storeFailed`, `workerDied`, `badRootText`, `quotaExceeded` if the disk
   * has not even room for the target's own record, and where there are no Web Locks `fenced`: another tab has opened the
   * database. Nobody has to await it.
   */
  readonly done: Promise<SyncProgress>
  readonly #commands: SyncCommands
  #progress: SyncProgress | null = null
  #coverage: Float32Array = new Float32Array(4096)

  /** Made by `LightClient.sync`. */
  constructor(done: Promise<SyncProgress>, commands: SyncCommands) {
    super()
    this.done = done
    this.#commands = commands
    // A `done` that nobody awaits is no unhandled rejection; whoever awaits it is told all the same.
    done.catch(() => {})
  }

  /** The last progress that was told, or `null`. */
  get progress(): SyncProgress | null {
    return this.#progress
  }

  /** The key space by the first three nibbles of the hashed address: 4,096 cells, each 0 (unknown) to 1 (verified). */
  coverage(): Float32Array {
    return this.#coverage
  }

  /**
   * Stops the sync, for all tabs that share it, and keeps what was verified; resolves when it is on disk. `done` rejects with
   * `cancelled`, in all of them. To stop it only if nobody else wants it, {@link leave} it.
   */
  cancel(): Promise<void> {
    return this.#end(this.#commands.cancel)
  }

  /**
   * Says that this caller wants the sync no more: `done` rejects with `cancelled`. The sync goes on as long as another tab that
   * asked for it is open and has not left it; left by the last one it stops, and what was verified is kept.
   */
  leave(): Promise<void> {
    return this.#end(this.#commands.leave)
  }

  async #end(command: () => Promise<void>): Promise<void> {
    await command().catch((error) => {
      // The client was closed meanwhile, and has stopped it just as well.
      if (!isRootlightError(error, 'closed')) throw error
    })
    await this.done.catch(() => {})
  }

  /** Says that there may be room on the disk again: a sync that is paused for want of it tries at once, any other goes on. */
  resume(): Promise<void> {
    return this.#commands.resume()
  }

  /** Takes in what the engine told. */
  receive(progress: SyncProgress, coverage: Float32Array): void {
    this.#progress = progress
    this.#coverage = coverage
    this.dispatchEvent(new CustomEvent('progress', { detail: progress }))
  }

  /** Takes in that the engine is paused. */
  receivePause(reason: PauseReason, error: RootlightError): void {
    this.dispatchEvent(new CustomEvent('paused', { detail: { reason, error } }))
  }

  /** Takes in that the engine is stalled. */
  receiveStall(reason: StallReason, details: ErrorDetails | null): void {
    this.dispatchEvent(new CustomEvent('stalled', { detail: { reason, details } }))
  }
}

/** One sync as the application sees it: events, a promise, and the way to stop it. */
import type { StallReason, SyncProgress } from './sync/progress.ts'
import { TypedEventTarget } from './typed-events.ts'

export interface SyncEventMap {
  /** At most ten times a second, and whenever the phase changes. */
  progress: CustomEvent<SyncProgress>
  /** Nothing can be asked for. It goes on by itself as soon as something can; a newer root may help. */
  stalled: CustomEvent<{ readonly reason: StallReason }>
}

/** A running sync, or one that has ended. */
export class Sync extends TypedEventTarget<SyncEventMap> {
  /**
   * Resolves with the last progress when everything under the root is verified and on disk. Rejects with a coded error:
   * `superseded`, `cancelled`, `closed`, `badRoot`, `storeFailed`, `workerDied`, `badRootText`. Nobody has to await it.
   */
  readonly done: Promise<SyncProgress>
  readonly #cancel: () => Promise<void>
  #progress: SyncProgress | null = null
  #coverage: Float32Array = new Float32Array(4096)

  /** Made by `LightClient.sync`. */
  constructor(done: Promise<SyncProgress>, cancel: () => Promise<void>) {
    super()
    this.done = done
    this.#cancel = cancel
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

  /** Stops the sync and keeps what was verified; resolves when it is on disk. `done` rejects with `cancelled`. */
  async cancel(): Promise<void> {
    await this.#cancel()
    await this.done.catch(() => {})
  }

  /** Takes in what the engine told. */
  receive(progress: SyncProgress, coverage: Float32Array): void {
    this.#progress = progress
    this.#coverage = coverage
    this.dispatchEvent(new CustomEvent('progress', { detail: progress }))
  }

  /** Takes in that the engine is stalled. */
  receiveStall(reason: StallReason): void {
    this.dispatchEvent(new CustomEvent('stalled', { detail: { reason } }))
  }
}

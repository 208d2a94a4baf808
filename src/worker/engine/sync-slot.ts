/**
 * The place of the one sync of an engine. An import takes the same place. A newcomer supersedes its predecessor, and begins
 * when the predecessor has ended.
 */
import { SyncError } from '../../sync/errors.ts'
import type { RunningSync } from './reads-on-demand.ts'

/** One call of `sync` or `import`, from its first moment to its end. */
export interface Claim {
  readonly id: number
  /** The reason to end early; `null`: none so far. */
  revoked: SyncError | null
  /** The sync of the call, once the disk has answered. */
  running: RunningSync | null
  /** Ends work that is no running sync: an import, or the search for a header. */
  stop: ((reason: SyncError) => void) | null
  /** Tells that {@link running} is set. */
  onRunning: () => void
  /** Resolves when {@link running} is set, or when the call has ended before. */
  started: Promise<unknown>
  /** Settles when the call has ended; never rejects. */
  ended: Promise<unknown>
}

/** The id of a claim that is no sync. */
const NO_SYNC = -1

export class SyncSlot {
  /** The newest; it may have ended. */
  #claim: Claim | null = null

  /** The sync that runs; `null`: none does. */
  get running(): RunningSync | null {
    return this.#claim?.running ?? null
  }

  /** The sync that runs, if it has this id. */
  runningOf(id: number): RunningSync | null {
    return this.#claim?.id === id ? this.#claim.running : null
  }

  /** Resolves when the newest sync runs, or has ended. */
  async settled(): Promise<void> {
    await this.#claim?.started
  }

  /** Ends the newest claim with `superseded`, then calls `run`. Settles as `run` does. */
  async supersede<T>(id: number, run: (claim: Claim) => Promise<T>, stop: Claim['stop'] = null): Promise<T> {
    const superseded = this.revoke(new SyncError('superseded', 'another sync took the place of this one'))
    const claim = claimOf(id, superseded)
    claim.stop = stop
    this.#claim = claim
    const result = superseded.then(() => {
      // While the predecessor ended, this claim may have been revoked.
      if (claim.revoked !== null) throw claim.revoked
      return run(claim)
    })
    claim.ended = result.catch(() => {})
    void claim.ended.then(claim.onRunning)
    return result
  }

  /** Takes the place for work that is no sync: a sync asked for meanwhile begins behind `work`. */
  hold(work: Promise<unknown>): void {
    const ended = work.catch(() => {})
    this.#claim = claimOf(NO_SYNC, ended)
    this.#claim.onRunning()
  }

  /** Ends the newest claim if it has this id. */
  async cancel(id: number): Promise<void> {
    if (this.#claim?.id === id) await this.revoke(new SyncError('cancelled', 'the sync was cancelled'))
  }

  /** Ends the newest claim, and waits until its sync has written every verified node. */
  async revoke(error: SyncError): Promise<void> {
    const claim = this.#claim
    if (claim === null) return
    claim.revoked ??= error
    claim.running?.sync.cancel(error)
    claim.stop?.(error)
    await claim.ended
  }
}

function claimOf(id: number, ended: Promise<unknown>): Claim {
  let onRunning = () => {}
  const started = new Promise<void>((resolve) => {
    onRunning = resolve
  })
  return { id, revoked: null, running: null, stop: null, onRunning, started, ended }
}

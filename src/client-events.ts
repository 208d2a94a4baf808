/** The events of a client. */
import type { PeerSnapshot } from './network/peers/peer-set.ts'
import type { ErrorDetails } from './runtime/error.ts'
import type { ClosedReason } from './store/database/connection.ts'
import type { Damage } from './store/generations/damage.ts'
import type { StallReason, SyncProgress } from './sync/progress.ts'
import type { TabRole } from './worker/engine.ts'

/** The events of a `LightClient`. */
export interface LightClientEventMap {
  /** The progress of the running sync, of whichever tab. The `Sync` of the caller reports the same. */
  progress: CustomEvent<SyncProgress>
  /** The running sync has no peer to ask, with the `reason`. Fires with the events of `Sync`. */
  stalled: CustomEvent<{ readonly reason: StallReason; readonly details: ErrorDetails | null }>
  /** This tab became the writer of the database, or lost the role to another tab. */
  role: CustomEvent<TabRole>
  /** `LightClient.addresses` changed. */
  addresses: CustomEvent<readonly string[]>
  /** The list of `LightClient.peers` changed. */
  peers: CustomEvent<readonly PeerSnapshot[]>
  /**
   * A read found a damaged page or code on disk, and dropped the damaged part. The next sync of the same root fetches
   * the part again.
   */
  damaged: CustomEvent<Damage>
  /**
   * The database of the client is closed. `versionchange`: another tab upgrades or deletes the database. `evicted`: the
   * browser deleted the data. `terminated`: the browser closed the database and does not reopen it. A running sync ends
   * with `storeFailed`, and calls needing the disk reject with `databaseClosed`. A new client begins with the data on
   * disk at that time.
   */
  storeClosed: CustomEvent<{ readonly reason: ClosedReason }>
}

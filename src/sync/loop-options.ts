/** What one sync is given: its target, the disk, the peers, and every effect that it has. */
import type { ErrorDetails } from '../runtime/error.ts'
import type { LoadError } from '../runtime/lazy-part.ts'
import type { Keccak } from '../trie/keccak.ts'
import type { LeafCallback } from '../trie/leaf.ts'
import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { SyncError } from './errors.ts'
import type { SyncPeers } from './peer.ts'
import type { StallReason, SyncProgress } from './progress.ts'
import type { StorageNumbers } from './storage-pause.ts'

export interface StateSyncOptions {
  /** 32 bytes. */
  readonly root: Uint8Array
  /** Number of the pages that this target writes, for progress: another one, once they had to be begun anew. */
  readonly generation: () => number
  readonly disk: Disk
  readonly peers: SyncPeers
  readonly keccak: Keccak
  readonly leaf?: LeafCallback
  readonly clock: Clock
  /** Lets the thread do other work; called between slices. */
  readonly yieldThread: () => Promise<void>
  /** Bytes verified between two looks at the clock; `SLICE_BYTES`, if left out. */
  readonly sliceBytes?: number
  /** Bytes of a page; `MAX_PAGE_BYTES`, if left out. */
  readonly pageBytes?: number
  /** False while the machine has no network: then a sync without peers is paused, not stalled. */
  readonly isOnline?: () => boolean
  /** True while something more urgent waits for the peers' answers: then each is asked for one thing at a time. */
  readonly isYielding?: () => boolean
  /** Bytes received for this target, for progress; left out, those of the answers themselves. */
  readonly receivedBytes?: () => number
  readonly onProgress?: (progress: SyncProgress) => void
  readonly onStalled?: (reason: StallReason, details: ErrorDetails | null) => void
  /** Why no peer can be dialed; `null`: nothing is known to be in the way. A change is told by {@link peers}. */
  readonly loadFailure?: () => LoadError | null
  /** What the browser lets us store, for {@link onPaused}; left out: nobody knows. */
  readonly estimateStorage?: () => Promise<StorageNumbers>
  /** The disk is full: called once a pause, with `quotaExceeded` and the numbers. */
  readonly onPaused?: (error: SyncError) => void
  /** A page turned out to be damaged; it was dropped and its nodes are fetched again. */
  readonly onDamaged?: (error: unknown) => void
}

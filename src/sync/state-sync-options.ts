/** The options of one sync: its target, the disk, the peers, and every effect. */

import type { Clock } from '../runtime/clock.ts'
import type { ErrorDetails } from '../runtime/error.ts'
import type { LoadError } from '../runtime/lazy-part.ts'
import type { Trace } from '../runtime/trace.ts'
import type { Keccak } from '../trie/keccak.ts'
import type { LeafCallback } from '../trie/leaf.ts'
import type { Disk } from './disk.ts'
import type { SyncError } from './errors.ts'
import type { SyncPeers } from './peer.ts'
import type { StallReason, SyncProgress } from './progress.ts'
import type { StorageNumbers } from './storage-pause.ts'

export interface StateSyncOptions {
  /** 32 bytes. */
  readonly root: Uint8Array
  /** Returns the number of the generation in use, for progress. The number changes when pages had to be begun anew. */
  readonly generation: () => number
  readonly disk: Disk
  readonly peers: SyncPeers
  readonly keccak: Keccak
  readonly leaf?: LeafCallback
  readonly clock: Clock
  /** Lets the thread do other work; called between slices. */
  readonly yieldThread: () => Promise<void>
  /** Bytes verified between two looks at the clock; `SLICE_BYTES` if left out. */
  readonly sliceBytes?: number
  /** Bytes of a page; `MAX_PAGE_BYTES` if left out. */
  readonly pageBytes?: number
  /** Returns false while the machine has no network: then a sync without peers is paused, not stalled. */
  readonly isOnline?: () => boolean
  /** Returns true while more urgent requests wait for the peers' answers: then each peer gets one request at a time. */
  readonly isYielding?: () => boolean
  /** Returns the bytes received for this target, for progress. Left out: the bytes of the answers themselves. */
  readonly receivedBytes?: () => number
  readonly onProgress?: (progress: SyncProgress) => void
  readonly onStalled?: (reason: StallReason, details: ErrorDetails | null) => void
  /** Returns the reason why no peer can be dialed; `null`: no reason known. {@link peers} reports a change. */
  readonly loadFailure?: () => LoadError | null
  /** Returns the browser's storage numbers for {@link onPaused}; left out: the numbers are unknown. */
  readonly estimateStorage?: () => Promise<StorageNumbers>
  /** Called once per pause when the disk is full, with `quotaExceeded` and the numbers. */
  readonly onPaused?: (error: SyncError) => void
  /** Called when a page was found damaged. The page was dropped, and its nodes are fetched again. */
  readonly onDamaged?: (error: unknown) => void
  /** Notes each decision; `null` or left out: no notes. */
  readonly trace?: Trace | null | undefined
}

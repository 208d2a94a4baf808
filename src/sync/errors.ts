/**
 * The coded errors of a sync. The party at fault decides the family of an error: for peers, see `blame` in the network
 * folder.
 */
import { RootlightError } from '../runtime/error.ts'

/** The codes of ended syncs. */
export type SyncErrorCode =
  /** A node or a leaf has the right hash and an impossible form: the root is bad, and no peer can help. */
  | 'badRoot'
  /** `cancel()` was called. */
  | 'cancelled'
  /** Another `sync()` replaced this one. */
  | 'superseded'
  /** `wipe()` was called. */
  | 'wiped'
  /** The client was closed. */
  | 'closed'
  /** The disk failed; `cause` says how. All verified data is kept. */
  | 'storeFailed'
  /** The disk is full. Reported, never thrown: the sync is paused, and goes on when there is room. */
  | 'quotaExceeded'

export class SyncError extends RootlightError<SyncErrorCode> {}

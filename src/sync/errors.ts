/** The coded errors of a sync. Whose fault something is decides its family: see `blame` in the network folder for peers. */
import { RootlightError } from '../trie/error.ts'

export type SyncErrorCode =
  /** A node or a leaf has the right hash and an impossible form: the root is bad, and no peer can mend that. */
  | 'badRoot'
  /** `cancel()` was called. */
  | 'cancelled'
  /** Another `sync()` took its place. */
  | 'superseded'
  /** `wipe()` was called. */
  | 'wiped'
  /** The client was closed. */
  | 'closed'
  /** The disk failed; `cause` says how. Everything verified before is kept. */
  | 'storeFailed'
  /** The disk is full: told, never thrown. The sync is paused, and goes on when there is room. */
  | 'quotaExceeded'

export class SyncError extends RootlightError<SyncErrorCode> {}

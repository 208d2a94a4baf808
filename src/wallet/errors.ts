/** The coded errors of reads and of arguments passed in by the application. */
import { RootlightError } from '../runtime/error.ts'

/** The codes of failed reads. */
export type ReadErrorCode =
  /**
   * The value is not on disk and cannot be fetched now. `null` would mean proven absent, and is never returned instead.
   * `details` hold the `address` and the `slot` of the read. If peers were looked for, `details.reason` is `noPeers`,
   * `loadFailed`, `unavailable` or `timeout`. `loadFailed`: the code for connecting to peers could not be loaded.
   * `details.peers` lists `{ id, reason }` of each asked peer: `empty`, `timeout`, `lie`, `gone` (disconnected) or
   * `refused` (takes no more requests for now).
   */
  | 'notSynced'
  /** A node or a leaf has the right hash and an impossible form: the root is bad. */
  | 'badRoot'
  /** The client was closed during the read. */
  | 'closed'

export class ReadError extends RootlightError<ReadErrorCode> {}

/** The codes of wrong arguments. */
export type InputErrorCode =
  /** The argument is missing or has another type than expected: `details` hold its `name`, `expected` and `got`. */
  | 'badArgument'
  /** The root is not `0x` and 64 hex digits. */
  | 'badRootText'
  /** The block hash is not `0x` and 64 hex digits. */
  | 'badBlockHash'
  /** The target trusts neither a root nor a block's hash, or both. */
  | 'badTarget'
  /** The address is not `0x` and 40 hex digits. */
  | 'badAddress'
  /** The slot is not an integer from 0 to 2^256 − 1. */
  | 'badSlot'
  /** A count (a block number, a chain id) is not a non-negative integer, or a limit is not a positive one. */
  | 'badNumber'
  /** The nodes of the proof do not prove its account and slots, or are no nodes. */
  | 'badProof'
  /** The bytes are not the RLP of a block header. `details.field` is the wrong field, if one field is wrong. */
  | 'badHeader'
  /** The block header has another hash than the trusted one; `details` hold both. */
  | 'headerMismatch'

export class InputError extends RootlightError<InputErrorCode> {}

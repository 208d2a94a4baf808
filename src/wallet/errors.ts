/** The coded errors of reads, and of what an application passes in. */
import { RootlightError } from '../trie/error.ts'

export type ReadErrorCode =
  /**
   * What was asked for is not on disk, and cannot be fetched now. Never `null`: that means proven absent. `details` have the
   * `address` and the `slot` that were read, and, if peers were looked for, a `reason` (`noPeers`, `loadFailed`: the code that
   * connects to peers could not be loaded, `unavailable`, `timeout`) and `peers`: `{ id, reason }` of each peer that was asked,
   * its reason `empty`, `timeout`, `lie`, `gone` (it disconnected) or `refused` (it takes no more requests for now).
   */
  | 'notSynced'
  /** A node or a leaf has the right hash and an impossible form: the root is bad. */
  | 'badRoot'
  /** The client was closed while the read waited. */
  | 'closed'

export class ReadError extends RootlightError<ReadErrorCode> {}

export type InputErrorCode =
  /** Of another type than is expected, or nothing where something is: `details` has its `name`, `expected` and `got`. */
  | 'badArgument'
  /** Not `0x` and 64 hex digits. */
  | 'badRootText'
  /** Not `0x` and 64 hex digits. */
  | 'badBlockHash'
  /** Neither a root nor a block's hash is trusted, or both. */
  | 'badTarget'
  /** Not `0x` and 40 hex digits. */
  | 'badAddress'
  /** Not an integer from 0 to 2^256 − 1. */
  | 'badSlot'
  /** A block number or a chain id that is not a non-negative integer. */
  | 'badNumber'
  /** Its nodes do not prove what it is about, or are no nodes. */
  | 'badProof'
  /** Not the RLP of a block header; `details.field` is the field that is wrong, where it is one. */
  | 'badHeader'
  /** A block header with another hash than the one that is trusted; `details` holds both. */
  | 'headerMismatch'

export class InputError extends RootlightError<InputErrorCode> {}

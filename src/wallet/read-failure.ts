/** The reasons of failed reads: in words, and in details naming each asked peer and its outcome. */
import type { LoadError } from '../runtime/lazy-part.ts'
import { ReadError } from './errors.ts'
import { nameOf, type Wanted } from './wanted.ts'

/** The reason why a peer did not answer a read. */
export type PeerFailure =
  /** The peer does not have the data, or does not have the whole state. */
  | 'empty'
  /** The peer did not answer in time. */
  | 'timeout'
  /** The answer did not have the requested hash. */
  | 'lie'
  /** The peer disconnected before an answer. */
  | 'gone'
  /** The peer takes no more requests for now. */
  | 'refused'

/** The reason of a failed read, in `details.reason`. */
export type ReadFailure = 'noPeers' | 'loadFailed' | 'unavailable' | 'timeout'

const REASONS: Readonly<Record<ReadFailure, string>> = {
  noPeers: 'no peer is connected',
  loadFailed: 'the code that connects to peers could not be loaded',
  unavailable: 'none of the connected peers has it',
  timeout: 'no peer answered in time',
}

/** Returns a `notSynced` error with `reason` and `peers` in its details. */
export function notSynced(
  wanted: Wanted,
  reason: ReadFailure,
  failures: ReadonlyMap<string, PeerFailure>,
  cause?: LoadError,
): ReadError {
  const peers = [...failures].map(([id, reason]) => ({ id, reason }))
  const message = `${nameOf(wanted)} is not on disk, and could not be fetched: ${REASONS[reason]}`
  return new ReadError('notSynced', message, { details: { reason, peers }, cause })
}

/** Why a read cannot be answered now: in words, and in details that name each peer that was asked and what became of it. */
import type { LoadError } from '../runtime/lazy-part.ts'
import { ReadError } from './errors.ts'
import { nameOf, type Wanted } from './wanted.ts'

/** Why a peer did not answer a read. */
export type PeerFailure =
  /** It does not have it, or says that it does not have this state. */
  | 'empty'
  /** It did not answer in time. */
  | 'timeout'
  /** Its answer was not what the hash says. */
  | 'lie'
  /** It disconnected before it answered. */
  | 'gone'
  /** It takes no more requests for now. */
  | 'refused'

/** Why a read failed, in `details.reason`. */
export type ReadFailure = 'noPeers' | 'loadFailed' | 'unavailable' | 'timeout'

const REASONS: Readonly<Record<ReadFailure, string>> = {
  noPeers: 'no peer is connected',
  loadFailed: 'the code that connects to peers could not be loaded',
  unavailable: 'none of the connected peers has it',
  timeout: 'no peer answered in time',
}

/** `notSynced`, with `reason` and `peers` in its details. */
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

/** Finds the header of a block trusted by its hash, however long no peer has the header. */

import { type ErrorDetails, isRootlightError, type RootlightError } from '../../runtime/error.ts'
import type { StallReason } from '../../sync/progress.ts'

export interface FindHeaderParts {
  /** Rejects with `notSynced` while no peer has the header. */
  readonly find: (hash: Uint8Array) => Promise<Uint8Array>
  readonly onStalled: (reason: StallReason, details: ErrorDetails | null) => void
  /** Resolves before the next try; rejects when the header is no longer wanted. */
  readonly pause: () => Promise<void>
}

/**
 * Returns the header as RLP, checked by the hash (32 bytes). Rejects as `pause` does, or as `find` does except for
 * `notSynced`.
 */
export async function findHeader(hash: Uint8Array, { find, onStalled, pause }: FindHeaderParts): Promise<Uint8Array> {
  for (;;) {
    try {
      return await find(hash)
    } catch (error) {
      if (!isRootlightError(error, 'notSynced')) throw error
      onStalled(reasonOf(error), loadDetailsOf(error))
      await pause()
    }
  }
}

function reasonOf({ details: { reason } }: RootlightError): StallReason {
  return reason === 'noPeers' || reason === 'loadFailed' ? reason : 'rootUnavailable'
}

function loadDetailsOf({ cause }: RootlightError): ErrorDetails | null {
  return isRootlightError(cause, 'loadFailed') ? cause.details : null
}

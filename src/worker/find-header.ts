/** The header of a block that is trusted by its hash, however long it takes until somebody has it. */
import type { StallReason } from '../sync/progress.ts'
import { isRootlightError } from '../trie/error.ts'

export interface FindHeaderParts {
  /** Rejects with `notSynced` while nobody has it. */
  readonly find: (hash: Uint8Array) => Promise<Uint8Array>
  readonly onStalled: (reason: StallReason) => void
  /** Resolves before the next try; rejects when it is not wanted any more. */
  readonly pause: () => Promise<void>
}

/** RLP, checked by the hash (32 bytes). Rejects as `pause` does, or as `find` does but for `notSynced`. */
export async function findHeader(hash: Uint8Array, { find, onStalled, pause }: FindHeaderParts): Promise<Uint8Array> {
  for (;;) {
    try {
      return await find(hash)
    } catch (error) {
      if (!isRootlightError(error, 'notSynced')) throw error
      onStalled(error.details['reason'] === 'noPeers' ? 'noPeers' : 'rootUnavailable')
      await pause()
    }
  }
}

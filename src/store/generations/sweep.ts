/**
 * Deletes superfluous generations after a compaction, in chunks, the record last. After an interruption the next
 * opening finds the record and goes on.
 */

import { SWEEP_CHUNK_RECORDS } from '../constants.ts'
import { generationKey } from '../format/generation-record.ts'
import { encodePageKey } from '../format/page-key.ts'
import type { Operation } from '../format/record-types.ts'
import { encodeWantedKey } from '../format/wanted-key.ts'
import type { Catalog } from './catalog.ts'
import type { GenerationState } from './generation-state.ts'
import type { StoreContext } from './store-context.ts'

/**
 * Takes the superfluous generations out of the catalog, and returns the deletions of their records. From now on they
 * have no pages.
 */
export function detachOlder(catalog: Catalog): readonly Operation[] {
  const superfluous = catalog.generations.filter((state) => state.number < catalog.oldest)
  return superfluous.flatMap((state) => {
    catalog.delete(state)
    return detach(state)
  })
}

/** Does the deletions, chunk by chunk. Rejects as the records do. */
export async function sweep(context: StoreContext, deletions: readonly Operation[]): Promise<void> {
  for (let from = 0; from < deletions.length; from += SWEEP_CHUNK_RECORDS) {
    const chunk = deletions.slice(from, from + SWEEP_CHUNK_RECORDS)
    await context.queue.enter(() => context.records.write(chunk, 'relaxed'))
    await context.yieldThread()
  }
}

function detach(state: GenerationState): Operation[] {
  const { number, pages, loose, wanted } = state
  const deletions: Operation[] = [...pages, ...loose].map((page) => {
    return { kind: 'delete', store: 'pages', key: encodePageKey(page) }
  })
  for (const hash of wanted) {
    deletions.push({ kind: 'delete', store: 'wanted', key: encodeWantedKey({ generation: number, hash }) })
  }
  deletions.push({ kind: 'delete', store: 'meta', key: generationKey(number) })
  pages.clear()
  state.loose = []
  return deletions
}

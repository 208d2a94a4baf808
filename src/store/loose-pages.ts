/**
 * Loose pages: nodes that were verified once and cover nothing, what a sync holds while it runs and what reads have fetched
 * beside it. Each generation has some, which are replaced together; all go when a state is complete.
 */
import { SequenceCursor } from '../trie/sequence.ts'
import type { GenerationState } from './catalog.ts'
import { checkLives, type StoreContext } from './context.ts'
import { encodePageKey, looseKey, type PageKey } from './page-key.ts'
import type { Operation } from './records.ts'

/** Replaces the loose pages of a generation by these sequences, in one transaction. Rejects with `generationGone`. */
export function keepLoose(
  context: StoreContext,
  state: GenerationState,
  sequences: readonly Uint8Array[],
): Promise<void> {
  const { records, queue, catalog } = context
  return queue.enter(async () => {
    checkLives(catalog, state)
    const kept: PageKey[] = []
    const operations = deleteLoose(state)
    for (const bytes of sequences) {
      const cursor = new SequenceCursor(bytes)
      if (!cursor.next()) continue
      const key = looseKey(state.number, cursor.path)
      operations.push({ kind: 'put', store: 'pages', key: encodePageKey(key), value: bytes })
      kept.push(key)
    }
    await records.write(operations, 'relaxed')
    state.loose = kept
  })
}

/** Of all generations: what was verified for another root and fitted no page may belong to this one. Unchecked. */
export async function readLoose({ records, catalog }: StoreContext): Promise<Uint8Array[]> {
  const pages = catalog.generations.flatMap((state) => state.loose)
  const values = await Promise.all(pages.map((page) => records.get('pages', encodePageKey(page))))
  return values.filter((bytes) => bytes instanceof Uint8Array)
}

export function deleteLoose({ loose }: GenerationState): Operation[] {
  return loose.map((page) => ({ kind: 'delete', store: 'pages', key: encodePageKey(page) }))
}

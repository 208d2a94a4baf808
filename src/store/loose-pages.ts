/**
 * Loose pages: nodes that were verified once and cover nothing, what a sync holds while it runs and what reads have fetched
 * beside it. Each generation has some, which are written together; all go when a state is complete.
 */
import type { Path } from '../trie/path.ts'
import { SequenceCursor, sequencesOf } from '../trie/sequence.ts'
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
  return context.queue.enter(() => replaceLoose(context, state, sequences))
}

/** The same, but what is there stays as well: an unfinished sync goes on from it. Pages have at most `maxBytes`. */
export function addLoose(
  context: StoreContext,
  state: GenerationState,
  sequences: readonly Uint8Array[],
  maxBytes: number,
): Promise<void> {
  return context.queue.enter(async () => {
    const nodes = new Map<Path, Uint8Array>()
    for (const bytes of [...(await readPages(context, state.loose)), ...sequences]) noteNodes(bytes, nodes)
    await replaceLoose(context, state, sequencesOf(nodes, maxBytes))
  })
}

/** Of all generations: what was verified for another root and fitted no page may belong to this one. Unchecked. */
export function readLoose(context: StoreContext): Promise<Uint8Array[]> {
  return readPages(
    context,
    context.catalog.generations.flatMap((state) => state.loose),
  )
}

export function deleteLoose({ loose }: GenerationState): Operation[] {
  return loose.map((page) => ({ kind: 'delete', store: 'pages', key: encodePageKey(page) }))
}

async function replaceLoose(
  { records, catalog }: StoreContext,
  state: GenerationState,
  sequences: readonly Uint8Array[],
): Promise<void> {
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
}

async function readPages({ records }: StoreContext, pages: readonly PageKey[]): Promise<Uint8Array[]> {
  const values = await Promise.all(pages.map((page) => records.get('pages', encodePageKey(page))))
  return values.filter((bytes) => bytes instanceof Uint8Array)
}

function noteNodes(bytes: Uint8Array, nodes: Map<Path, Uint8Array>): void {
  const cursor = new SequenceCursor(bytes)
  try {
    while (cursor.next()) nodes.set(cursor.path, bytes.subarray(cursor.start, cursor.end))
  } catch {
    // A damaged loose page covers nothing: what is left of it is fetched again.
  }
}

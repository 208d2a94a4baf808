/**
 * Loose pages: nodes that were verified once and cover nothing, what a sync holds while it runs and what reads have fetched
 * beside it. Each generation has some, which are written together; all go when a state is complete.
 */
import type { Path, Position } from '../../trie/path.ts'
import { SequenceCursor, sequencesOf } from '../../trie/sequence.ts'
import { encodePageKey, looseKey, type PageKey } from '../format/page-key.ts'
import type { Operation } from '../format/record-types.ts'
import type { GenerationState } from './generation-state.ts'
import { checkLives, type StoreContext } from './store-context.ts'

/** Replaces the loose pages of a generation by these sequences, in one transaction. Rejects with `generationGone`. */
export function keepLoose(
  context: StoreContext,
  state: GenerationState,
  sequences: readonly Uint8Array[],
): Promise<void> {
  return context.queue.enter(() => replaceLoose(context, state, sequences))
}

/**
 * Adds these sequences to the loose pages of a generation: an unfinished sync, and the next reads, go on from what is there.
 * Only pages that begin where a new one does are written again, or `mergesAll`: each is one record, and many small ones
 * cost a read each. Pages have at most `maxBytes`. Rejects with `generationGone`.
 */
export function addLoose(
  context: StoreContext,
  state: GenerationState,
  sequences: readonly Uint8Array[],
  maxBytes: number,
  mergesAll = false,
): Promise<void> {
  return context.queue.enter(async () => {
    const fresh = nodesOf(sequences)
    const merged = new Set<PageKey>()
    let pages = [...sequences]
    for (;;) {
      const starts = new Set<Position | null>(pages.map(startOf))
      const clashes = state.loose.filter((page) => !merged.has(page) && (mergesAll || starts.has(page.start)))
      if (clashes.length === 0) break
      for (const page of clashes) merged.add(page)
      pages = sequencesOf(new Map([...nodesOf(await readPages(context, [...merged])), ...fresh]), maxBytes)
    }
    const kept = state.loose.filter((page) => !merged.has(page))
    await replaceLoose(context, state, pages, kept)
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

/** What is in `kept` stays. */
async function replaceLoose(
  { records, catalog }: StoreContext,
  state: GenerationState,
  sequences: readonly Uint8Array[],
  kept: readonly PageKey[] = [],
): Promise<void> {
  checkLives(catalog, state)
  const staying = new Set(kept)
  const operations: Operation[] = state.loose
    .filter((page) => !staying.has(page))
    .map((page) => ({ kind: 'delete', store: 'pages', key: encodePageKey(page) }))
  const written: PageKey[] = []
  for (const bytes of sequences) {
    const start = startOf(bytes)
    if (start === null) continue
    const key = looseKey(state.number, start)
    operations.push({ kind: 'put', store: 'pages', key: encodePageKey(key), value: bytes })
    written.push(key)
  }
  await records.write(operations, 'relaxed')
  state.loose = [...kept, ...written].sort((a, b) => (a.start < b.start ? -1 : 1))
}

/** The path of its first node; `null`: there is none. */
function startOf(sequence: Uint8Array): Path | null {
  const cursor = new SequenceCursor(sequence)
  return cursor.next() ? cursor.path : null
}

async function readPages({ records }: StoreContext, pages: readonly PageKey[]): Promise<Uint8Array[]> {
  const values = await Promise.all(pages.map((page) => records.get('pages', encodePageKey(page))))
  return values.filter((bytes) => bytes instanceof Uint8Array)
}

/** All nodes, of several at one path the last one. */
function nodesOf(sequences: readonly Uint8Array[]): Map<Path, Uint8Array> {
  const nodes = new Map<Path, Uint8Array>()
  for (const bytes of sequences) {
    const cursor = new SequenceCursor(bytes)
    try {
      while (cursor.next()) nodes.set(cursor.path, bytes.subarray(cursor.start, cursor.end))
    } catch {
      // A damaged loose page covers nothing: what is left of it is fetched again.
    }
  }
  return nodes
}

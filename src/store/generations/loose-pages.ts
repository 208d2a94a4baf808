/**
 * Loose pages: verified nodes covering nothing. A sync keeps its unfinished work in them, and reads keep nodes fetched
 * beside the sync. Each generation's loose pages are written together; all go when a state is complete.
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
 * Adds these sequences to the loose pages of a generation, for an unfinished sync and for later reads. Only pages with
 * the same start as a new one are written again, or all of them if `mergesAll`: many small records cost a read each.
 * Pages have at most `maxBytes`. Rejects with `generationGone`.
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

/** Reads the loose pages of all generations, unchecked: nodes verified for another root may belong to this one, too. */
export function readLoose(context: StoreContext): Promise<Uint8Array[]> {
  return readPages(
    context,
    context.catalog.generations.flatMap((state) => state.loose),
  )
}

export function deleteLoose({ loose }: GenerationState): Operation[] {
  return loose.map((page) => ({ kind: 'delete', store: 'pages', key: encodePageKey(page) }))
}

/** Replaces the loose pages of a generation, except those in `kept`. */
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

/** Returns the path of the first node; `null`: there is none. */
function startOf(sequence: Uint8Array): Path | null {
  const cursor = new SequenceCursor(sequence)
  return cursor.next() ? cursor.path : null
}

async function readPages({ records }: StoreContext, pages: readonly PageKey[]): Promise<Uint8Array[]> {
  const values = await Promise.all(pages.map((page) => records.get('pages', encodePageKey(page))))
  return values.filter((bytes) => bytes instanceof Uint8Array)
}

/** Returns all nodes. Of several nodes at one path the last one counts. */
function nodesOf(sequences: readonly Uint8Array[]): Map<Path, Uint8Array> {
  const nodes = new Map<Path, Uint8Array>()
  for (const bytes of sequences) {
    const cursor = new SequenceCursor(bytes)
    try {
      while (cursor.next()) nodes.set(cursor.path, bytes.subarray(cursor.start, cursor.end))
    } catch {
      // A damaged loose page covers nothing: its remaining nodes are fetched again.
    }
  }
  return nodes
}

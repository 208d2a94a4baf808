/**
 * Reads of covering pages. The disk is not trusted: a page that is gone, is not a sequence, or does not hold what its
 * generation must hold is dropped, and in the same transaction its generation is no longer complete, so that the next
 * sync fetches what it covered.
 */
import { equalHash } from '../trie/keccak.ts'
import type { Ref } from '../trie/node-source.ts'
import type { Path } from '../trie/path.ts'
import { findInSequence, SequenceError } from '../trie/sequence.ts'
import type { GenerationState } from './catalog.ts'
import type { StoreContext } from './context.ts'
import { StoreError } from './errors.ts'
import { putGenerationRecord } from './generation-record.ts'
import { encodePageKey, type PageKey } from './page-key.ts'
import type { Operation } from './records.ts'

/**
 * The node at `path`, whose hash is known from a walk down from the generation's root, so that anything else counts as
 * damage. `undefined`: no page covers the path. Rejects with `damagedPage`. The caller owns the bytes.
 */
export function lookUp(
  context: StoreContext,
  state: GenerationState,
  path: Path,
  hash: Uint8Array,
): Promise<Uint8Array | undefined> {
  return find(context, state, { path, hash }, true)
}

/** The same for a ref of unknown origin: a node that is not there, or another one, is no damage but `undefined`. */
export function lookUpRef(context: StoreContext, state: GenerationState, ref: Ref): Promise<Uint8Array | undefined> {
  return find(context, state, ref, false)
}

async function find(
  context: StoreContext,
  state: GenerationState,
  { path, hash }: Ref,
  mustBeThere: boolean,
): Promise<Uint8Array | undefined> {
  for (;;) {
    const page = state.pages.at(path)
    if (page === undefined) return undefined
    const bytes = await readPage(context, page)
    const found = bytes === undefined ? 'damaged' : search(bytes, path)
    if (found instanceof Uint8Array && equalHash(context.keccak.digest(found), hash)) return found.slice()
    if (found !== 'damaged' && !mustBeThere) return undefined
    if (await dropPage(context, state, page)) throw damagedPage(page)
    // It was dropped while we read, or went with its generation: what covers the path now?
  }
}

/** The bytes of a page, unchecked; `undefined` if there are none. Nobody writes to them. */
export async function readPage(context: StoreContext, page: PageKey): Promise<Uint8Array | undefined> {
  const cached = context.cache.get(page)
  if (cached !== undefined) return cached
  // Many reads want the same page at once, the root's for one: it crosses from the browser once.
  const underWay = context.reads.get(page)
  if (underWay !== undefined) return underWay
  const read = readRecord(context, page).finally(() => context.reads.delete(page))
  context.reads.set(page, read)
  return read
}

async function readRecord(context: StoreContext, page: PageKey): Promise<Uint8Array | undefined> {
  const bytes = await context.records.get('pages', encodePageKey(page))
  if (!(bytes instanceof Uint8Array)) return undefined
  context.cache.set(page, bytes)
  return bytes
}

/** Drops a damaged page and reports it. False: it is in its generation's index no longer, and nothing was done. */
export async function dropPage(context: StoreContext, state: GenerationState, page: PageKey): Promise<boolean> {
  const { records, queue, cache, onDamage } = context
  const dropped = await queue.enter(async () => {
    if (!state.pages.has(page)) return false
    const record = { ...state.record, complete: false }
    const operations: Operation[] = [{ kind: 'delete', store: 'pages', key: encodePageKey(page) }]
    if (state.record.complete) operations.push(putGenerationRecord(record))
    await records.write(operations, 'relaxed')
    state.pages.remove(page)
    state.record = record
    cache.delete(page)
    return true
  })
  if (dropped) onDamage({ generation: page.generation, start: page.start, end: page.end })
  return dropped
}

/** The error for a page that has been dropped. */
export function damagedPage({ generation, start, end }: PageKey): StoreError {
  const details = { generation, start, end }
  return new StoreError('damagedPage', `the page [${start}, ${end}) of generation ${generation} was damaged`, {
    details,
  })
}

function search(bytes: Uint8Array, path: Path): Uint8Array | 'absent' | 'damaged' {
  try {
    return findInSequence(bytes, path) ?? 'absent'
  } catch (error) {
    if (error instanceof SequenceError) return 'damaged'
    throw error
  }
}

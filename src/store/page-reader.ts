/**
 * Reads of nodes. A generation's pages hold what its target changed; the rest stands, unchanged, in older ones. So a node is
 * looked for from the newest generation to the oldest, and only the hash that is expected is accepted.
 *
 * The disk is not trusted: what must be there by what the pages cover, and is not, is damage. It is dropped, and in the
 * same transaction no generation that may rest on it is complete any more, so that the next sync fetches it.
 */
import { equalHash } from '../trie/keccak.ts'
import type { Ref } from '../trie/node-source.ts'
import type { Path } from '../trie/path.ts'
import { findInSequence, SequenceError } from '../trie/sequence.ts'
import type { GenerationState } from './catalog.ts'
import type { StoreContext } from './context.ts'
import { dropPage, holeAt } from './damage.ts'
import { StoreError } from './errors.ts'
import { stretchOfNode } from './holes.ts'
import { encodePageKey, type PageKey } from './page-key.ts'

/** A page, and the generation that it belongs to. */
export interface PlacedPage {
  readonly state: GenerationState
  readonly page: PageKey
}

/**
 * The node at `path`, whose hash is known from a walk down from the generation's root, so that its absence where pages
 * cover the path is damage. `undefined`: no page covers the path. Rejects with `damagedPage`. The caller owns the bytes.
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
  ref: Ref,
  mustBeThere: boolean,
): Promise<Uint8Array | undefined> {
  for (;;) {
    const covering: PlacedPage[] = []
    for (const older of context.catalog.upTo(state)) {
      const page = older.pages.at(ref.path)
      if (page === undefined) continue
      const blob = await findInPage(context, { state: older, page }, ref)
      if (blob !== undefined) return blob
      covering.push({ state: older, page })
    }
    if (!mustBeThere || !state.coversPath(ref.path)) return undefined
    // A page that went while we read says nothing: what covers the path now?
    if (covering.every(({ state, page }) => state.pages.has(page))) await reportMissing(context, state, ref.path)
  }
}

/**
 * The node of `ref` in this page, which the caller owns; `undefined`: not in it, or no longer a page of its generation.
 * Rejects with `damagedPage` if the page cannot be read: it has been dropped then.
 */
export async function findInPage(
  context: StoreContext,
  { state, page }: PlacedPage,
  { path, hash }: Ref,
): Promise<Uint8Array | undefined> {
  const bytes = await readPage(context, page)
  const found = bytes === undefined ? 'damaged' : search(bytes, path)
  if (found === 'damaged') {
    if (await dropPage(context, state, page)) throw damagedPage(page)
    return undefined
  }
  return found !== 'absent' && equalHash(context.keccak.digest(found), hash) ? found.slice() : undefined
}

/**
 * The node at `path` must be stored for this generation, and is not. Where one page alone could hold it, that page is
 * damaged; where several could, which of them is at fault cannot be told, and the node alone is punched out of all.
 * Rejects with `damagedPage`, unless someone else has done the same.
 */
export async function reportMissing(context: StoreContext, state: GenerationState, path: Path): Promise<void> {
  const pages = context.catalog.upTo(state).flatMap((state): PlacedPage[] => {
    const page = state.pages.at(path)
    return page === undefined ? [] : [{ state, page }]
  })
  const [only] = pages
  if (only !== undefined && pages.length === 1) {
    if (await dropPage(context, only.state, only.page)) throw damagedPage(only.page)
  } else if (await holeAt(context, state, path)) {
    throw damagedPage({ generation: state.number, ...stretchOfNode(path) })
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

/** The error for damage that has been dropped. */
export function damagedPage({ generation, start, end }: Pick<PageKey, 'generation' | 'start' | 'end'>): StoreError {
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

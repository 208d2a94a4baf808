/**
 * Reads of nodes. A generation's pages hold what its target changed; the rest stands, unchanged, in older ones. So a node is
 * looked for from the newest generation to the oldest, and only the hash that is expected is accepted.
 *
 * The disk is not trusted: what must be there by what the pages cover, and is not, is damage. It is dropped, and in the
 * same transaction no generation that may rest on it is complete any more, so that the next sync fetches it.
 */
import { equalHash } from '../../trie/keccak.ts'
import { OWN_WORK, type Ref, type Work } from '../../trie/node-source.ts'
import { isWithin, KEY_NIBBLES, MAX_PATH_NIBBLES, type Path, ROOT_PATH } from '../../trie/path.ts'
import { findInSequence, SequenceError } from '../../trie/sequence.ts'
import { stepDown } from '../../trie/step-down.ts'
import { StoreError } from '../errors.ts'
import { encodePageKey, type PageKey } from '../format/page-key.ts'
import { dropPage, holeAt, type PlacedPage } from './drop-damage.ts'
import type { GenerationState } from './generation-state.ts'
import { stretchOfNode } from './holes.ts'
import type { StoreContext } from './store-context.ts'

/** How the bytes of a page are got; `undefined`: there are none. */
export type ReadPage = (page: PageKey) => Promise<Uint8Array | undefined>

/**
 * The node at `path`, whose hash is known from a walk down from the generation's root, so that its absence where pages
 * cover the path is damage. `undefined`: no page covers the path. Rejects with `damagedPage`. The caller owns the bytes.
 */
export function lookUp(
  context: StoreContext,
  state: GenerationState,
  path: Path,
  hash: Uint8Array,
  read?: ReadPage,
): Promise<Uint8Array | undefined> {
  return find(context, state, { path, hash }, true, read)
}

/** The same for a ref of unknown origin: a node that is not there, or another one, is no damage but `undefined`. */
export function lookUpRef(
  context: StoreContext,
  state: GenerationState,
  ref: Ref,
  work?: Work,
): Promise<Uint8Array | undefined> {
  return find(context, state, ref, false, undefined, work)
}

/**
 * Which pages could hold the node, and whether one of them must, is taken in one look, before the first wait: a page that
 * comes while these are read says nothing about them, and of one that goes, nothing is known any more.
 */
async function find(
  context: StoreContext,
  state: GenerationState,
  ref: Ref,
  isNamed: boolean,
  read?: ReadPage,
  work?: Work,
): Promise<Uint8Array | undefined> {
  for (;;) {
    const mustBeThere = isNamed && state.coversPath(ref.path)
    const searched = pagesAt(context, state, ref.path)
    for (const placed of searched) {
      const blob = await findInPage(context, placed, ref, read, work)
      if (blob !== undefined) return blob
    }
    if (!mustBeThere) return undefined
    await dropMissing(context, state, ref.path, searched)
  }
}

/** The pages that cover `path`, of this generation and of older ones, the newest first. */
function pagesAt({ catalog }: StoreContext, state: GenerationState, path: Path): PlacedPage[] {
  return catalog.upTo(state).flatMap((state): PlacedPage[] => {
    const page = state.pages.at(path)
    return page === undefined ? [] : [{ state, page }]
  })
}

/**
 * The node of `ref` in this page, which the caller owns; `undefined`: not in it, or no longer a page of its generation.
 * Rejects with `damagedPage` if the page cannot be read: it has been dropped then.
 */
export async function findInPage(
  context: StoreContext,
  { state, page }: PlacedPage,
  { path, hash }: Ref,
  read: ReadPage = (page) => readPage(context, page),
  work: Work = OWN_WORK,
): Promise<Uint8Array | undefined> {
  const bytes = await read(page)
  const found = bytes === undefined ? 'damaged' : work.do(() => search(bytes, path))
  if (found === 'damaged') {
    if (await dropPage(context, state, page)) throw damagedPage(page)
    return undefined
  }
  return found !== 'absent' && equalHash(context.keccak.digest(found), hash) ? found.slice() : undefined
}

/**
 * The node at `path` must be in one of the pages in `searched`, and is in none. Where it is one page alone, that is damaged;
 * where there are several, which of them is at fault cannot be told, and the node alone is punched out of all. Rejects
 * with `damagedPage`, unless the pages are no longer what they were.
 */
async function dropMissing(
  context: StoreContext,
  state: GenerationState,
  path: Path,
  searched: readonly PlacedPage[],
): Promise<void> {
  const [only] = searched
  if (only !== undefined && searched.length === 1) {
    if (await dropPage(context, only.state, only.page)) throw damagedPage(only.page)
  } else if (await holeAt(context, state, path, searched)) {
    throw damagedPage({ generation: state.number, ...stretchOfNode(path) })
  }
}

/**
 * Looks for damage on the way from the generation's root to `path`, for a caller that misses a node there and did not come
 * from the root: whether the generation has such a node at all is known only from its parents. Rejects with `damagedPage`.
 */
export async function checkWayTo(context: StoreContext, state: GenerationState, path: Path): Promise<void> {
  const key = path.padEnd(path.length < KEY_NIBBLES ? KEY_NIBBLES : MAX_PATH_NIBBLES, '0') as Path
  let ref: Ref | null = { path: ROOT_PATH, hash: state.record.root }
  while (ref !== null && isWithin(path, ref.path)) {
    const blob: Uint8Array | undefined = await lookUp(context, state, ref.path, ref.hash)
    ref = blob === undefined ? null : stepDown(ref.path, blob, key)
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

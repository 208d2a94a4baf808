/**
 * Reads nodes. A generation's pages hold the nodes changed by its target; unchanged nodes stay in older generations. So
 * a lookup goes from the newest generation to the oldest, and accepts only the expected hash.
 *
 * The disk is not trusted. A node is damaged if pages cover its path and do not hold it. The damage is dropped, and in
 * the same transaction no generation resting on it is complete any more, so the next sync fetches the node.
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

/** Gets the bytes of a page; `undefined`: there are none. */
export type ReadPage = (page: PageKey) => Promise<Uint8Array | undefined>

/**
 * Returns the node at `path`, owned by the caller; `undefined`: no page covers the path. The hash must come from a walk
 * down from the generation's root, so the node's absence from covering pages is damage. Rejects with `damagedPage`.
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

/** Returns the node of a ref of unknown origin. A missing or different node is no damage: the answer is `undefined`. */
export function lookUpRef(
  context: StoreContext,
  state: GenerationState,
  ref: Ref,
  work?: Work,
): Promise<Uint8Array | undefined> {
  return find(context, state, ref, false, undefined, work)
}

/**
 * Collects the pages that could hold the node, and decides whether one of them must, in one look before the first wait.
 * A page added during the reads proves nothing about the other pages. A page dropped during the reads leaves the
 * question open.
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

/** Returns the pages covering `path`, of this generation and of older ones, the newest first. */
function pagesAt({ catalog }: StoreContext, state: GenerationState, path: Path): PlacedPage[] {
  return catalog.upTo(state).flatMap((state): PlacedPage[] => {
    const page = state.pages.at(path)
    return page === undefined ? [] : [{ state, page }]
  })
}

/**
 * Returns the node of `ref` in this page, owned by the caller. `undefined`: the node is not in the page, or the page
 * left its generation. Rejects with `damagedPage` after dropping an unreadable page.
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
 * Drops the damage for a node missing from all pages in `searched`, one of which must hold it. A single page is
 * damaged. Among several pages the faulty one cannot be told, so the node alone is punched out of all. Rejects with
 * `damagedPage`, unless the pages have changed meanwhile.
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
 * Looks for damage on the way from the generation's root to `path`. For a caller missing a node there without having
 * come from the root: only the node's parents tell whether the generation has such a node. Rejects with `damagedPage`.
 */
export async function checkWayTo(context: StoreContext, state: GenerationState, path: Path): Promise<void> {
  const key = path.padEnd(path.length < KEY_NIBBLES ? KEY_NIBBLES : MAX_PATH_NIBBLES, '0') as Path
  let ref: Ref | null = { path: ROOT_PATH, hash: state.record.root }
  while (ref !== null && isWithin(path, ref.path)) {
    const blob: Uint8Array | undefined = await lookUp(context, state, ref.path, ref.hash)
    ref = blob === undefined ? null : stepDown(ref.path, blob, key)
  }
}

/** Returns the bytes of a page, unchecked and not to be written to; `undefined`: there are none. */
export async function readPage(context: StoreContext, page: PageKey): Promise<Uint8Array | undefined> {
  const cached = context.cache.get(page)
  if (cached !== undefined) return cached
  // Many reads want the same page at once, for example the root's: the browser delivers the page once.
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

/** Makes the error for dropped damage. */
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

/**
 * The store as a peer's source: runs, ways down and codes of any generation, as far as its pages cover the state. Refs
 * come from strangers, so a missing one is no damage. Below a ref found here, everything must match its hash.
 */
import { concatBytes } from '@noble/hashes/utils.js'
import { isRootlightError } from '../../runtime/error.ts'
import { type NodeSource, OWN_WORK, type Ref, type Work } from '../../trie/node-source.ts'
import { isWithin, KEY_NIBBLES, MAX_PATH_NIBBLES, type Path } from '../../trie/path.ts'
import { stepDown } from '../../trie/step-down.ts'
import { readCode } from '../generations/code-reader.ts'
import { GenerationCursor } from '../generations/generation-cursor.ts'
import type { GenerationState } from '../generations/generation-state.ts'
import { checkWayTo, lookUpRef, readPage } from '../generations/page-reader.ts'
import type { StoreContext } from '../generations/store-context.ts'
import { storedHeader } from '../generations/stored-header.ts'
import { RunWalk } from './run-walk.ts'

const NOTHING = new Uint8Array()

/** Rejects only as the database does. Damage is dropped and ends the answer. */
export class StoreSource implements NodeSource {
  readonly #context: StoreContext

  constructor(context: StoreContext) {
    this.#context = context
  }

  has(root: Uint8Array): boolean {
    const state = this.#context.catalog.withRoot(root)
    return state !== undefined && state.pages.size > 0
  }

  async run(
    root: Uint8Array,
    ref: Ref,
    maxNodes: number,
    maxBytes: number,
    work: Work = OWN_WORK,
  ): Promise<Uint8Array> {
    const { catalog, keccak } = this.#context
    const state = catalog.withRoot(root)
    if (state === undefined) return NOTHING
    const walk = new RunWalk(keccak, ref, maxNodes, maxBytes)
    const cursors = catalog
      .upTo(state)
      .map((older) => new GenerationCursor(this.#context, older, (page) => readPage(this.#context, page)))
    for (let path = walk.next; path !== null; path = walk.next) {
      if (await this.#takeNext(walk, path, cursors, work)) continue
      if (!(await this.#takeMissed(walk, path, state, path === ref.path))) break
    }
    return walk.take()
  }

  async path(root: Uint8Array, ref: Ref, key: Path, work: Work = OWN_WORK): Promise<Uint8Array> {
    const state = this.#context.catalog.withRoot(root)
    if (state === undefined || !isWayDown(ref.path, key)) return NOTHING
    try {
      return (await this.#wayDown(state, ref, key, work)) ?? NOTHING
    } catch (error) {
      if (isRootlightError(error, 'damagedPage')) return NOTHING // dropped and reported by now
      throw error
    }
  }

  async code(hash: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      return await readCode(this.#context, hash)
    } catch (error) {
      if (isRootlightError(error, 'damagedCode')) return undefined // dropped, and wanted again
      throw error
    }
  }

  async header(hash: Uint8Array): Promise<Uint8Array | undefined> {
    return storedHeader(this.#context, hash)
  }

  /** Finds the next node of the run. Returns false if no page holds the node. */
  async #takeNext(walk: RunWalk, path: Path, cursors: readonly GenerationCursor[], work: Work): Promise<boolean> {
    for (const cursor of cursors) {
      if (!cursor.isAt(path)) {
        // Hashing a page takes some milliseconds, and cached pages are read without a wait.
        if (await cursor.load(path)) await this.#context.yieldThread()
        await work.pause()
      }
      if (work.do(() => cursor.seek(path) && walk.accept(cursor.bytes, cursor.start, cursor.end))) return true
      await cursor.dropIfDamaged()
    }
    return false
  }

  /**
   * Tries once more for a missed node, in one look at all pages: the cursors looked at one page after another, while
   * pages came and went. Returns false if the node is not here. `walk` began at a stranger's ref, so only the way down
   * from the root tells whether this is damage.
   */
  async #takeMissed(walk: RunWalk, path: Path, state: GenerationState, isFirst: boolean): Promise<boolean> {
    try {
      const blob = await lookUpRef(this.#context, state, { path, hash: walk.nextHash })
      if (blob !== undefined) return walk.accept(blob, 0, blob.length)
      if (!isFirst && state.coversPath(path)) await checkWayTo(this.#context, state, path)
    } catch (error) {
      if (!isRootlightError(error, 'damagedPage')) throw error // damage ends the run; `onDamage` reported it
    }
    return false
  }

  /** Returns the whole way or nothing: a part would prove neither presence nor absence. */
  async #wayDown(state: GenerationState, ref: Ref, key: Path, work: Work): Promise<Uint8Array | undefined> {
    const blobs: Uint8Array[] = []
    let blob = await lookUpRef(this.#context, state, ref, work)
    let { path } = ref
    while (blob !== undefined) {
      blobs.push(blob)
      const next = stepDown(path, blob, key)
      if (next === null) return concatBytes(...blobs)
      path = next.path
      await work.pause()
      blob = await lookUpRef(this.#context, state, next, work)
    }
    if (path !== ref.path && state.coversPath(path)) await checkWayTo(this.#context, state, path)
    return undefined
  }
}

/** True if `key` is a full key below `path`, in the same trie or in a storage trie behind. */
function isWayDown(path: Path, key: Path): boolean {
  if (!isWithin(key, path)) return false
  return key.length === MAX_PATH_NIBBLES || (key.length === KEY_NIBBLES && path.length < KEY_NIBBLES)
}

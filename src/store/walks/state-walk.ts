/**
 * Goes through the state of a generation, within its scope, for `verify` and `export`. Nodes come in path order from
 * the root down, each checked by the hash in its parent. In each generation the state may rest on, each page is read
 * once. Pages bypass the cache: a walk over everything would push out the pages used by reads.
 *
 * Damage is dropped and reported, as in reads. Everything below is hidden and passed over.
 */

import { isRootlightError } from '../../runtime/error.ts'
import { EMPTY_ROOT } from '../../trie/account.ts'
import { equalHash } from '../../trie/keccak.ts'
import { type Path, ROOT_PATH } from '../../trie/path.ts'
import { encodePageKey } from '../format/page-key.ts'
import { GenerationCursor } from '../generations/generation-cursor.ts'
import type { GenerationState } from '../generations/generation-state.ts'
import { stretchOfNode } from '../generations/holes.ts'
import { damagedPage, lookUp, type ReadPage } from '../generations/page-reader.ts'
import { checkLives, type StoreContext } from '../generations/store-context.ts'
import { RunWalk } from './run-walk.ts'

/** A step ends with the node reaching these bytes: some milliseconds of hashing. */
const STEP_BYTES = 60 * 1024

export class StateWalk {
  /** Pages read so far. */
  pagesRead = 0
  /** Damage found and dropped so far. */
  damaged = 0
  readonly #context: StoreContext
  readonly #root: Uint8Array
  readonly #run: RunWalk
  #state: GenerationState
  #cursors: readonly GenerationCursor[] = []

  constructor(context: StoreContext, state: GenerationState) {
    this.#context = context
    this.#state = state
    this.#root = state.record.root
    this.#run = new RunWalk(context.keccak, { path: ROOT_PATH, hash: this.#root }, 0, STEP_BYTES, state.scope)
    if (equalHash(this.#root, EMPTY_ROOT)) this.#run.skip()
    this.#open()
  }

  /** The generation being read: after a compaction, the new one of the same root. */
  get state(): GenerationState {
    return this.#state
  }

  /** The totals of the nodes so far. */
  get counts() {
    return this.#run.counts
  }

  /** Hashes (hex digits) of the codes named by the accounts so far. */
  get codes(): ReadonlySet<string> {
    return this.#run.codes
  }

  /**
   * Goes on by about {@link STEP_BYTES}. Returns false at the end. Rejects with `damagedPage` once for each missing
   * node: see {@link pass}. Rejects with `generationGone`, or as the database does.
   */
  async step(): Promise<boolean> {
    for (let path = this.#run.next; path !== null; path = this.#run.next) {
      this.#meetCompaction()
      if (!(await this.#take(path))) await this.#miss(path)
    }
    return !this.#run.isAtEnd
  }

  /** Goes on to the end, and keeps no nodes. Rejects as {@link step}. */
  async finish(): Promise<void> {
    while (await this.step()) {
      this.dropRun()
      await this.#context.yieldThread()
    }
  }

  /** Gives up the missing node after `damagedPage`, with everything below. */
  pass(): void {
    this.#run.skip()
  }

  /**
   * Returns the nodes since the last call, concatenated and owned by the caller. Call this or {@link dropRun} after
   * each step.
   */
  takeRun(): Uint8Array {
    return this.#run.take()
  }

  /** Drops the nodes since the last call, without copying any. */
  dropRun(): void {
    this.#run.drop()
  }

  async #take(path: Path): Promise<boolean> {
    for (const cursor of this.#cursors) {
      if (!cursor.isAt(path)) await cursor.load(path)
      if (cursor.seek(path) && this.#run.accept(cursor.bytes, cursor.start, cursor.end)) return true
      if (await cursor.dropIfDamaged()) this.damaged++
    }
    return false
  }

  /**
   * Decides whether a node is missing, in one look at all pages: the cursors looked at one page after another, while
   * pages came and went.
   */
  async #miss(path: Path): Promise<void> {
    const state = this.#state
    try {
      const blob = await lookUp(this.#context, state, path, this.#run.nextHash, this.#read)
      if (blob !== undefined) {
        this.#run.accept(blob, 0, blob.length)
        return
      }
    } catch (error) {
      if (isRootlightError(error, 'damagedPage')) this.damaged++
      throw error
    }
    if (!this.#context.catalog.has(state)) return // a compaction deleted the generation during the read
    throw damagedPage({ generation: state.number, ...stretchOfNode(path) }) // known before: dropped already
  }

  #meetCompaction(): void {
    const { catalog } = this.#context
    if (catalog.has(this.#state)) return
    const successor = catalog.withRoot(this.#root)
    if (successor === undefined) checkLives(catalog, this.#state)
    else {
      this.#state = successor
      this.#open()
    }
  }

  #open(): void {
    this.#cursors = this.#context.catalog
      .upTo(this.#state)
      .map((older) => new GenerationCursor(this.#context, older, this.#read))
  }

  readonly #read: ReadPage = async (page) => {
    this.pagesRead++
    const bytes = await this.#context.records.get('pages', encodePageKey(page))
    return bytes instanceof Uint8Array ? bytes : undefined
  }
}

/**
 * Returns the hashes (hex digits) of the codes named by the accounts of a generation. Rejects as {@link
 * StateWalk.step}.
 */
export async function readCodeHashes(context: StoreContext, state: GenerationState): Promise<ReadonlySet<string>> {
  const walk = new StateWalk(context, state)
  await walk.finish()
  return walk.codes
}

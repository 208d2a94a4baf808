/**
 * Goes through a whole state, or the part of it that a generation is about, node by node in path order, from its root down, each node checked by the hash that its parent
 * names: what verification and the file of a state are made of. In each generation that the state may rest on, each page is
 * read once, and not into the cache: a walk over everything would push out what reads come back to.
 *
 * What is damaged is dropped and reported as reads do, and hides what hangs below it, which is passed over.
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

/** A step ends with the node that reaches this: some milliseconds of hashing. */
const STEP_BYTES = 60 * 1024

export class StateWalk {
  /** Pages that have been read. */
  pagesRead = 0
  /** Damage that was found, and dropped. */
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

  /** The generation that is read: another one of the same root, once a compaction has taken its place. */
  get state(): GenerationState {
    return this.#state
  }

  /** Of the nodes so far. */
  get counts() {
    return this.#run.counts
  }

  /** Hashes (hex digits) of the codes that the accounts so far name. */
  get codes(): ReadonlySet<string> {
    return this.#run.codes
  }

  /**
   * Goes on by about {@link STEP_BYTES}. False: nothing is left. Rejects with `damagedPage` where a node is missing, once
   * for each: see {@link pass}; with `generationGone`, or as the database does.
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

  /** After `damagedPage`: gives up the node that is missing, and what hangs below it. */
  pass(): void {
    this.#run.skip()
  }

  /** The nodes since the last call, concatenated; the receiver owns them. To be called after each step, or {@link dropRun}. */
  takeRun(): Uint8Array {
    return this.#run.take()
  }

  /** The same, for whoever does not want the nodes: nothing is copied. */
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

  /** The cursors have looked at one page after another, while others came and went: one look at all of them decides. */
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
    if (!this.#context.catalog.has(state)) return // compacted away while it was read
    throw damagedPage({ generation: state.number, ...stretchOfNode(path) }) // it was known
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

/** Returns the hashes (hex digits) of the codes that the accounts of a generation name. Rejects as {@link StateWalk.step}. */
export async function readCodeHashes(context: StoreContext, state: GenerationState): Promise<ReadonlySet<string>> {
  const walk = new StateWalk(context, state)
  await walk.finish()
  return walk.codes
}

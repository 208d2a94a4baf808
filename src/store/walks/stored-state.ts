/** Reads a whole complete state, checked, in path order from its root. An export is made of this. */
import { hexToBytes } from '@noble/hashes/utils.js'
import type { Counts } from '../../sync/disk.ts'
import { StoreError } from '../errors.ts'
import { readNamedCode } from '../generations/code-reader.ts'
import type { GenerationState } from '../generations/generation-state.ts'
import { checkLives, type StoreContext } from '../generations/store-context.ts'
import { StateWalk } from './state-walk.ts'

/** To be read once, in this order: the counts, the runs, the codes. */
export class StoredState {
  readonly root: Uint8Array
  readonly blockNumber: number | null
  readonly #context: StoreContext
  readonly #state: GenerationState
  readonly #walk: StateWalk

  /** Throws `incomplete` for a part of a state, or if something is known to be missing. */
  constructor(context: StoreContext, state: GenerationState) {
    if (!state.record.complete || !state.scope.isAll) {
      throw new StoreError('incomplete', `generation ${state.number} is not complete: sync all of its root first`)
    }
    this.#context = context
    this.#state = state
    this.#walk = new StateWalk(context, state)
    this.root = state.record.root
    this.blockNumber = state.record.blockNumber
  }

  /**
   * Returns the totals of all nodes, after a whole walk if the state rests on older generations. Rejects as {@link
   * runs}.
   */
  async counts(): Promise<Readonly<Counts>> {
    const { catalog } = this.#context
    checkLives(catalog, this.#state)
    if (catalog.upTo(this.#state).every(({ pages }) => pages.size === 0 || pages === this.#state.pages)) {
      return this.#state.pages.counts
    }
    const walk = new StateWalk(this.#context, this.#state)
    await walk.finish()
    return walk.counts
  }

  /**
   * Yields all nodes, concatenated, a page's worth at a time, owned by the caller. Throws `damagedPage` or
   * `generationGone`.
   */
  async *runs(): AsyncGenerator<Uint8Array, void, void> {
    for (let goesOn = true; goesOn; ) {
      goesOn = await this.#walk.step()
      const run = this.#walk.takeRun()
      if (run.length > 0) yield run
    }
  }

  /** Returns the hashes (hex digits) of the codes named by the accounts in {@link runs}, in order. */
  codeHashes(): string[] {
    return [...this.#walk.codes].sort()
  }

  /** Returns a code. Rejects with `damagedCode` or `incomplete`. */
  async code(hash: string): Promise<Uint8Array> {
    const code = await readNamedCode(this.#context, this.#walk.state, hexToBytes(hash))
    if (code === undefined) throw new StoreError('incomplete', `the code ${hash} is missing`, { details: { hash } })
    return code
  }
}

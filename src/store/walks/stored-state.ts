/** The whole of the last complete state, read from its root in path order and checked: what a file of it is made of. */
import { hexToBytes } from '@noble/hashes/utils.js'
import type { Counts } from '../../sync/disk.ts'
import { StoreError } from '../errors.ts'
import { readNamedCode } from '../generations/code-reader.ts'
import type { GenerationState } from '../generations/generation-state.ts'
import { checkLives, type StoreContext } from '../generations/store-context.ts'
import { StateWalk } from './state-walk.ts'

/** To be read once: the counts, the runs, then the codes. */
export class StoredState {
  readonly root: Uint8Array
  readonly blockNumber: number | null
  readonly #context: StoreContext
  readonly #state: GenerationState
  readonly #walk: StateWalk

  /** Throws `incomplete` if it is a part of a state, or something of it is known to be missing. */
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

  /** How many nodes there are. A state that rests on older generations is gone through for that. Rejects as {@link runs}. */
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

  /** All nodes, concatenated, a page's worth at a time; the receiver owns them. Throws `damagedPage` or `generationGone`. */
  async *runs(): AsyncGenerator<Uint8Array, void, void> {
    for (let goesOn = true; goesOn; ) {
      goesOn = await this.#walk.step()
      const run = this.#walk.takeRun()
      if (run.length > 0) yield run
    }
  }

  /** Hashes (hex digits) of the codes that the accounts of {@link runs} name, in order. */
  codeHashes(): string[] {
    return [...this.#walk.codes].sort()
  }

  /** Throws `damagedCode` or `incomplete`. */
  async code(hash: string): Promise<Uint8Array> {
    const code = await readNamedCode(this.#context, this.#walk.state, hexToBytes(hash))
    if (code === undefined) throw new StoreError('incomplete', `the code ${hash} is missing`, { details: { hash } })
    return code
  }
}

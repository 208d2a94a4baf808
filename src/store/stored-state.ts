/** The whole of a complete generation, read from its root in path order and checked: what a file of it is made of. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { SequenceCursor } from '../trie/sequence.ts'
import type { GenerationState } from './catalog.ts'
import { readNamedCode } from './code-reader.ts'
import { checkLives, type StoreContext } from './context.ts'
import { dropPage } from './damage.ts'
import { StoreError } from './errors.ts'
import { encodePageKey, type PageKey } from './page-key.ts'
import { damagedPage } from './page-reader.ts'
import { StateCheck } from './state-check.ts'

/** To be read once: the runs, then the codes. */
export class StoredState {
  readonly #context: StoreContext
  readonly #state: GenerationState
  readonly #check: StateCheck

  /** Throws `incomplete` if something of it is known to be missing. */
  constructor(context: StoreContext, state: GenerationState) {
    if (!state.record.complete) {
      throw new StoreError('incomplete', `generation ${state.number} is not complete: sync its root first`)
    }
    this.#context = context
    this.#state = state
    this.#check = new StateCheck(context.keccak, state.record.root)
  }

  /** 32 bytes. */
  get root(): Uint8Array {
    return this.#state.record.root
  }

  get blockNumber(): number | null {
    return this.#state.record.blockNumber
  }

  get nodes(): number {
    return this.#state.pages.counts.nodes
  }

  get nodeBytes(): number {
    return this.#state.pages.counts.bytes
  }

  /** All nodes, concatenated, a page at a time; the receiver owns them. Throws `damagedPage` or `generationGone`. */
  async *runs(): AsyncGenerator<Uint8Array, void, void> {
    const { pages } = this.#state
    for (let page = pages.from(''); page !== undefined; page = pages.from(page.end)) {
      yield await this.#run(page)
      checkLives(this.#context.catalog, this.#state)
    }
  }

  /** Hashes (hex digits) of the codes that the accounts of {@link runs} name, in order. */
  codeHashes(): string[] {
    return [...this.#check.codes].sort()
  }

  /** Throws `damagedCode` or `incomplete`. */
  async code(hash: string): Promise<Uint8Array> {
    const code = await readNamedCode(this.#context, this.#state, hexToBytes(hash))
    if (code === undefined) throw new StoreError('incomplete', `the code ${hash} is missing`, { details: { hash } })
    return code
  }

  async #run(page: PageKey): Promise<Uint8Array> {
    const bytes = await this.#context.records.get('pages', encodePageKey(page))
    checkLives(this.#context.catalog, this.#state)
    if (bytes instanceof Uint8Array && this.#check.takePage(page, bytes)) return nodesOf(bytes, page.counts.bytes)
    await dropPage(this.#context, this.#state, page)
    throw damagedPage(page)
  }
}

function nodesOf(sequence: Uint8Array, length: number): Uint8Array {
  const run = new Uint8Array(length)
  const cursor = new SequenceCursor(sequence)
  for (let at = 0; cursor.next(); at += cursor.end - cursor.start) {
    run.set(sequence.subarray(cursor.start, cursor.end), at)
  }
  return run
}

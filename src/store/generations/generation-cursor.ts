/** Goes through the pages of one generation in path order, for a walk that wants its nodes in that order. */
import type { Path, Position } from '../../trie/path.ts'
import { SequenceCursor, SequenceError } from '../../trie/sequence.ts'
import type { PageKey } from '../format/page-key.ts'
import { dropPage } from './drop-damage.ts'
import type { GenerationState } from './generation-state.ts'
import type { StoreContext } from './store-context.ts'

const NOTHING = new Uint8Array()

export class GenerationCursor {
  readonly #context: StoreContext
  readonly #state: GenerationState
  readonly #read: (page: PageKey) => Promise<Uint8Array | undefined>
  #page: PageKey | null = null
  #cursor = new SequenceCursor(NOTHING)
  /** Path of the entry at hand; `null`: behind the last one. */
  #entry: Path | null = null
  #isDamaged = false
  /** The stretch of the page at hand, or one in which there was no page when the index was as in `#seenChanges`. */
  #knownFrom: Position = ''
  #knownTo: Position = ''
  #seenChanges = 0

  /** `read`: the bytes of a page; `undefined`: they are gone. */
  constructor(context: StoreContext, state: GenerationState, read: (page: PageKey) => Promise<Uint8Array | undefined>) {
    this.#context = context
    this.#state = state
    this.#read = read
  }

  /** The node that {@link seek} has found is `bytes[start, end)`. */
  get bytes(): Uint8Array {
    return this.#cursor.bytes
  }

  get start(): number {
    return this.#cursor.start
  }

  get end(): number {
    return this.#cursor.end
  }

  /** False: {@link load} comes before {@link seek}. A page never changes; that there is none may change at any moment. */
  isAt(path: Path): boolean {
    if (path < this.#knownFrom || path >= this.#knownTo) return false
    return this.#page !== null || this.#seenChanges === this.#state.pages.changes
  }

  /** Reads the page that covers `path`. False: there is none, and nothing was waited for. Rejects as the database does. */
  async load(path: Path): Promise<boolean> {
    const { pages } = this.#state
    const page = pages.at(path)
    this.#seenChanges = pages.changes
    this.#page = page ?? null
    this.#knownFrom = page?.start ?? path
    this.#knownTo = page?.end ?? pages.nextStart(path)
    const bytes = page && (await this.#read(page))
    this.#cursor = new SequenceCursor(bytes ?? NOTHING)
    this.#isDamaged = page !== undefined && bytes === undefined
    this.#advance()
    return page !== undefined
  }

  /** Goes to the entry at `path`, which is not before the last one. False: there is none. */
  seek(path: Path): boolean {
    while (this.#entry !== null && this.#entry < path) this.#advance()
    return this.#entry === path
  }

  /** Drops the page at hand if it is not a sequence, or is gone. True: so it was, and nobody else did. */
  async dropIfDamaged(): Promise<boolean> {
    if (!this.#isDamaged || this.#page === null) return false
    this.#isDamaged = false
    return dropPage(this.#context, this.#state, this.#page)
  }

  #advance(): void {
    try {
      this.#entry = this.#cursor.next() ? this.#cursor.path : null
    } catch (error) {
      if (!(error instanceof SequenceError)) throw error
      this.#entry = null
      this.#isDamaged = true
    }
  }
}

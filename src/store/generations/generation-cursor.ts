/** Goes through the pages of one generation in path order, for a walk in that order. */
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
  /** The path of the current entry; `null`: behind the last entry. */
  #entry: Path | null = null
  #isDamaged = false
  /**
   * The stretch of the current page. Without a page: a stretch without pages, as long as the index is as in
   * `#seenChanges`.
   */
  #knownFrom: Position = ''
  #knownTo: Position = ''
  #seenChanges = 0

  /** `read` gets the bytes of a page; `undefined`: the bytes are gone. */
  constructor(context: StoreContext, state: GenerationState, read: (page: PageKey) => Promise<Uint8Array | undefined>) {
    this.#context = context
    this.#state = state
    this.#read = read
  }

  /** The node found by {@link seek} is `bytes[start, end)`. */
  get bytes(): Uint8Array {
    return this.#cursor.bytes
  }

  get start(): number {
    return this.#cursor.start
  }

  get end(): number {
    return this.#cursor.end
  }

  /**
   * Returns false if {@link load} must come before {@link seek}. A page never changes; the absence of a page may end at
   * any moment.
   */
  isAt(path: Path): boolean {
    if (path < this.#knownFrom || path >= this.#knownTo) return false
    return this.#page !== null || this.#seenChanges === this.#state.pages.changes
  }

  /**
   * Reads the page covering `path`. Returns false, without having waited, if there is none. Rejects as the database
   * does.
   */
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

  /** Goes to the entry at `path`, never backwards. Returns false if there is none. */
  seek(path: Path): boolean {
    while (this.#entry !== null && this.#entry < path) this.#advance()
    return this.#entry === path
  }

  /** Drops the current page if its bytes are missing or no sequence. Returns true if this call dropped the page. */
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

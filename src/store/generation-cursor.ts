/** Goes through the pages of one generation in path order, for a walk that wants its nodes in that order. */
import type { Path, Position } from '../trie/path.ts'
import { SequenceCursor, SequenceError } from '../trie/sequence.ts'
import type { GenerationState } from './catalog.ts'
import type { StoreContext } from './context.ts'
import { dropPage } from './damage.ts'
import type { PageKey } from './page-key.ts'

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
  /** Up to here it is known that there is no page, or what is in it. */
  #knownFrom: Position = ''
  #knownTo: Position = ''

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

  /** False: {@link load} comes before {@link seek}. */
  isAt(path: Path): boolean {
    return this.#knownFrom <= path && path < this.#knownTo
  }

  /** Reads the page that covers `path`, if there is one. Rejects as the database does. */
  async load(path: Path): Promise<void> {
    const { pages } = this.#state
    const page = pages.at(path)
    const bytes = page && (await this.#read(page))
    this.#page = page ?? null
    this.#cursor = new SequenceCursor(bytes ?? NOTHING)
    this.#knownFrom = page?.start ?? path
    this.#knownTo = page?.end ?? pages.nextStart(path)
    this.#isDamaged = page !== undefined && bytes === undefined
    this.#advance()
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

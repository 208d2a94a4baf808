/**
 * Verifies the last complete state on disk, all of it, when somebody asks: what reads do for the way to one leaf. What is
 * damaged is dropped and reported as reads do, and the next sync of the same root fetches it again.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import { isRootlightError } from '../trie/error.ts'
import type { GenerationState } from './catalog.ts'
import { readCode, wantLostCode } from './code-reader.ts'
import { VERIFY_SLICE_MS } from './constants.ts'
import { checkLives, type StoreContext } from './context.ts'
import { dropPage } from './damage.ts'
import { encodePageKey, type PageKey } from './page-key.ts'
import { StateCheck } from './state-check.ts'

/** What has been checked so far. `bytes` are of nodes and codes. */
export interface VerifyProgress {
  readonly nodes: number
  readonly bytes: number
  readonly accounts: number
  readonly slots: number
  readonly codes: number
  /** Pages and codes that were damaged, and have been dropped. */
  readonly damaged: number
  /** 0 to 1, by pages and codes. */
  readonly fraction: number
}

/** What there is of a state. It is whole if nothing is damaged, missing or unchecked. */
export interface VerifySummary extends Omit<VerifyProgress, 'fraction'> {
  /** 32 bytes. */
  readonly root: Uint8Array
  /** Nodes on disk whose parent is not, so that nothing says what they must be: verify again after the next sync. */
  readonly unchecked: number
  /** True if every node and code of the state is on disk, and right. */
  readonly whole: boolean
}

export interface VerifyOptions {
  readonly signal?: AbortSignal | undefined
  /** Called after each slice of work. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined
}

/** Rejects with the reason of `signal`, with `generationGone`, or as the records do. */
export async function verifyState(
  context: StoreContext,
  state: GenerationState,
  options: VerifyOptions,
): Promise<VerifySummary> {
  const verifier = new Verifier(context, state, options)
  await verifier.checkPages()
  await verifier.checkCodes()
  return verifier.summary()
}

class Verifier {
  readonly #context: StoreContext
  readonly #state: GenerationState
  readonly #options: VerifyOptions
  readonly #check: StateCheck
  #codes = 0
  #codeBytes = 0
  #damaged = 0
  #isWhole = true
  #done = 0
  #sliceStart: number

  constructor(context: StoreContext, state: GenerationState, options: VerifyOptions) {
    this.#context = context
    this.#state = state
    this.#options = options
    this.#check = new StateCheck(context.keccak, state.record.root)
    this.#sliceStart = context.now()
  }

  async checkPages(): Promise<void> {
    const { pages } = this.#state
    for (let page = pages.from(''); page !== undefined; page = pages.from(page.end)) {
      if (this.#check.loseUntil(page.start)) this.#isWhole = false
      await this.#checkPage(page)
      this.#done++
      await this.#breathe()
    }
    if (this.#check.loseUntil('g')) this.#isWhole = false
  }

  async #checkPage(page: PageKey): Promise<void> {
    // Past the cache: a walk over everything would push out what reads come back to.
    const bytes = await this.#context.records.get('pages', encodePageKey(page))
    checkLives(this.#context.catalog, this.#state)
    if (bytes instanceof Uint8Array && this.#check.takePage(page, bytes)) return
    this.#isWhole = false
    if (await dropPage(this.#context, this.#state, page)) this.#damaged++
  }

  async checkCodes(): Promise<void> {
    for (const hash of this.#check.codes) {
      await this.#checkCode(hash)
      this.#done++
      await this.#breathe()
    }
    this.#tell()
  }

  async #checkCode(hash: string): Promise<void> {
    try {
      const code = await readCode(this.#context, hexToBytes(hash))
      if (code === undefined) {
        this.#isWhole = false
        if (await wantLostCode(this.#context, this.#state, hash)) this.#damaged++
        return
      }
      this.#codes++
      this.#codeBytes += code.length
    } catch (error) {
      if (!isRootlightError(error, 'damagedCode')) throw error
      this.#isWhole = false // it has been dropped, and is wanted again
      this.#damaged++
    }
  }

  summary(): VerifySummary {
    const { fraction: _, ...counts } = this.#progress()
    const { unchecked } = this.#check
    return { root: this.#state.record.root, ...counts, unchecked, whole: this.#isWhole }
  }

  #progress(): VerifyProgress {
    const { counts, codes } = this.#check
    return {
      ...counts,
      bytes: counts.bytes + this.#codeBytes,
      codes: this.#codes,
      damaged: this.#damaged,
      fraction: Math.min(1, this.#done / Math.max(1, this.#state.pages.size + codes.size)),
    }
  }

  /** Lets the thread do other work if this slice has been long enough. */
  async #breathe(): Promise<void> {
    const { now, yieldThread } = this.#context
    this.#options.signal?.throwIfAborted()
    if (now() - this.#sliceStart < VERIFY_SLICE_MS) return
    this.#tell()
    await yieldThread()
    this.#options.signal?.throwIfAborted()
    checkLives(this.#context.catalog, this.#state)
    this.#sliceStart = now()
  }

  #tell(): void {
    this.#options.onProgress?.(this.#progress())
  }
}

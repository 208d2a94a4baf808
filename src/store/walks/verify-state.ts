/**
 * Verifies all of the last complete state on disk, on demand, with the checks of reads. Damage is dropped and reported,
 * as in reads, and the next sync of the same root fetches the lost nodes again.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import { isRootlightError } from '../../runtime/error.ts'
import { VERIFY_SLICE_MS } from '../constants.ts'
import { readCode, wantLostCode } from '../generations/code-reader.ts'
import type { GenerationState } from '../generations/generation-state.ts'
import type { StoreContext } from '../generations/store-context.ts'
import { StateWalk } from './state-walk.ts'

/** The totals checked so far. `bytes` counts nodes and codes. */
export interface VerifyProgress {
  readonly nodes: number
  readonly bytes: number
  readonly accounts: number
  readonly slots: number
  readonly codes: number
  /** Damaged pages and codes, dropped by now. */
  readonly damaged: number
  /** 0 to 1, by pages and codes. */
  readonly fraction: number
}

/**
 * The verified totals of a state. Everything below a lost node stays unchecked: verify again after the sync that
 * restores the node.
 */
export interface VerifySummary extends Omit<VerifyProgress, 'fraction'> {
  /** 32 bytes. */
  readonly root: Uint8Array
  /** True if every node and code of the state is on disk and matches its hash. */
  readonly whole: boolean
}

export interface VerifyOptions {
  readonly signal?: AbortSignal | undefined
  /** Called after each slice of work. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined
}

/**
 * Verifies the state of a generation. Rejects with the reason of `signal`, with `generationGone`, or as the records do.
 */
export async function verifyState(
  context: StoreContext,
  state: GenerationState,
  options: VerifyOptions,
): Promise<VerifySummary> {
  const verifier = new Verifier(context, state, options)
  await verifier.checkNodes()
  await verifier.checkCodes()
  return verifier.summary()
}

class Verifier {
  readonly #context: StoreContext
  readonly #options: VerifyOptions
  readonly #walk: StateWalk
  readonly #pages: number
  #codes = 0
  #codeBytes = 0
  #codesSeen = 0
  #damagedCodes = 0
  #isWhole = true
  #isDone = false
  #sliceStart: number

  constructor(context: StoreContext, state: GenerationState, options: VerifyOptions) {
    this.#context = context
    this.#options = options
    this.#walk = new StateWalk(context, state)
    this.#pages = context.catalog.upTo(state).reduce((sum, { pages }) => sum + pages.size, 0)
    this.#sliceStart = context.now()
  }

  async checkNodes(): Promise<void> {
    for (let goesOn = true; goesOn; ) {
      goesOn = await this.#step()
      this.#walk.dropRun()
      await this.#breathe()
    }
    if (this.#walk.damaged > 0) this.#isWhole = false
  }

  async #step(): Promise<boolean> {
    try {
      return await this.#walk.step()
    } catch (error) {
      if (!isRootlightError(error, 'damagedPage')) throw error
      this.#isWhole = false
      this.#walk.pass()
      return true
    }
  }

  async checkCodes(): Promise<void> {
    for (const hash of this.#walk.codes) {
      await this.#checkCode(hash)
      this.#codesSeen++
      await this.#breathe()
    }
    this.#isDone = true
    this.#tell()
  }

  async #checkCode(hash: string): Promise<void> {
    try {
      const code = await readCode(this.#context, hexToBytes(hash))
      if (code === undefined) {
        const became = await wantLostCode(this.#context, this.#walk.state, hash)
        if (became === 'stored') return this.#checkCode(hash)
        this.#isWhole = false
        if (became === 'lost') this.#damagedCodes++
        return
      }
      this.#codes++
      this.#codeBytes += code.length
    } catch (error) {
      if (!isRootlightError(error, 'damagedCode')) throw error
      this.#isWhole = false // dropped, and wanted again
      this.#damagedCodes++
    }
  }

  summary(): VerifySummary {
    const { fraction: _, ...counts } = this.#progress()
    return { root: this.#walk.state.record.root, ...counts, whole: this.#isWhole }
  }

  #progress(): VerifyProgress {
    const { counts, codes, damaged, pagesRead } = this.#walk
    // Pages without any node of this state are never read.
    const fraction = (pagesRead + this.#codesSeen) / Math.max(1, this.#pages + codes.size)
    return {
      ...counts,
      bytes: counts.bytes + this.#codeBytes,
      codes: this.#codes,
      damaged: damaged + this.#damagedCodes,
      fraction: this.#isDone ? 1 : Math.min(1, fraction),
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
    this.#sliceStart = now()
  }

  #tell(): void {
    this.#options.onProgress?.(this.#progress())
  }
}

/**
 * What the store knows without reading a value: the generations with their coverage, loose pages and wanted codes, and
 * which codes are stored. It is changed only after the transaction that says the same has succeeded.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { EMPTY_ROOT_HEX } from '../trie/account.ts'
import { ROOT_PATH } from '../trie/path.ts'
import type { GenerationRecord } from './generation-record.ts'
import { PageIndex } from './page-index.ts'
import type { PageKey } from './page-key.ts'

/** One generation. Known by identity: a handle of one that was deleted never meets a later one of the same number. */
export class GenerationState {
  record: GenerationRecord
  readonly pages = new PageIndex()
  /** In path order. */
  loose: readonly PageKey[] = []
  /** Hashes (hex digits) of codes that its pages name and that are not stored. */
  readonly wanted = new Set<string>()

  constructor(record: GenerationRecord) {
    this.record = record
  }

  get number(): number {
    return this.record.generation
  }

  /** True if the pages cover all of the state; the empty one has no pages. */
  get isCovered(): boolean {
    return this.pages.coversSubtree(ROOT_PATH) || bytesToHex(this.record.root) === EMPTY_ROOT_HEX
  }
}

export class Catalog {
  readonly #generations = new Map<number, GenerationState>()
  /** Hashes (hex digits) of the codes that are stored. */
  readonly codes = new Set<string>()
  /** The generation that reads are answered from. */
  lastComplete: GenerationState | null = null

  get generations(): GenerationState[] {
    return [...this.#generations.values()]
  }

  /** The number of the next generation. */
  get nextNumber(): number {
    return Math.max(0, ...this.#generations.keys()) + 1
  }

  get(generation: number): GenerationState | undefined {
    return this.#generations.get(generation)
  }

  /** The newest generation with this root. */
  withRoot(root: Uint8Array): GenerationState | undefined {
    const hex = bytesToHex(root)
    return this.generations
      .filter((state) => bytesToHex(state.record.root) === hex)
      .sort((a, b) => b.number - a.number)[0]
  }

  /** True until the generation is deleted. */
  has(state: GenerationState): boolean {
    return this.#generations.get(state.number) === state
  }

  add(state: GenerationState): void {
    this.#generations.set(state.number, state)
  }

  /** Forgets a generation; its keys stay with the object, for whoever deletes its records. */
  delete(state: GenerationState): void {
    if (this.has(state)) this.#generations.delete(state.number)
  }

  clear(): void {
    this.#generations.clear()
    this.codes.clear()
    this.lastComplete = null
  }
}

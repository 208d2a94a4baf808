/**
 * The store's knowledge from keys and `meta` alone: the generations with their coverage, loose pages and wanted codes,
 * and the stored codes. The catalog changes only after the transaction of the same change has succeeded.
 */
import { equalHash } from '../../trie/keccak.ts'
import { ROOT_PATH } from '../../trie/path.ts'
import type { Scope } from '../../trie/scope.ts'
import type { GenerationState } from './generation-state.ts'

export class Catalog {
  readonly #generations = new Map<number, GenerationState>()
  /** Hashes (hex digits) of the stored codes. */
  readonly codes = new Set<string>()
  /** The generation answering reads. */
  lastComplete: GenerationState | null = null
  /** The generation of the latest sync target, if known. */
  #target: GenerationState | null = null
  /** Counts the losses of all loose pages. */
  looseLosses = 0
  /** The oldest generation that newer ones may rest on; older ones can go. */
  oldest = 0
  /** The newest first. */
  #ordered: readonly GenerationState[] = []

  /** The newest first. */
  get generations(): readonly GenerationState[] {
    return this.#ordered
  }

  /** Returns the generations a node of this one may be stored in: itself and all older ones, the newest first. */
  upTo(state: GenerationState): readonly GenerationState[] {
    const [newest] = this.#ordered
    return newest === state ? this.#ordered : this.#ordered.filter((other) => other.number <= state.number)
  }

  /** The number of the next generation. */
  get nextNumber(): number {
    return Math.max(0, ...this.#generations.keys()) + 1
  }

  /** The generation of the latest sync target, finished or not; `null`: none is known. */
  get target(): GenerationState | null {
    if (this.#target !== null && this.has(this.#target)) return this.#target
    return this.generations.find(({ record }) => !record.dense) ?? this.lastComplete
  }

  set target(state: GenerationState | null) {
    this.#target = state
  }

  get(generation: number): GenerationState | undefined {
    return this.#generations.get(generation)
  }

  /**
   * Returns the fullest generation with this root: the newest complete one of the whole state, else the newest complete
   * one of a part, else the newest one.
   */
  withRoot(root: Uint8Array): GenerationState | undefined {
    const all = this.#allWithRoot(root)
    const complete = all.filter((state) => state.record.complete)
    return complete.find((state) => state.scope.isAll) ?? complete[0] ?? all[0]
  }

  /**
   * Returns the newest complete generation with this root and all of `scope`, else the newest one with exactly this
   * scope.
   */
  withScope(root: Uint8Array, scope: Scope): GenerationState | undefined {
    const all = this.#allWithRoot(root)
    return (
      all.find((state) => state.record.complete && state.scope.contains(scope, ROOT_PATH)) ??
      all.find((state) => state.scope.equals(scope))
    )
  }

  /** True until the generation is deleted. */
  has(state: GenerationState): boolean {
    return this.#generations.get(state.number) === state
  }

  add(state: GenerationState): void {
    this.#generations.set(state.number, state)
    this.#order()
  }

  /** Forgets a generation. Its keys stay with the object, for deleting its records. */
  delete(state: GenerationState): void {
    if (this.has(state)) this.#generations.delete(state.number)
    this.#order()
  }

  clear(): void {
    this.#generations.clear()
    this.#order()
    this.codes.clear()
    this.lastComplete = null
    this.#target = null
    this.looseLosses++
    this.oldest = 0
  }

  #allWithRoot(root: Uint8Array): GenerationState[] {
    return this.generations.filter((state) => equalHash(state.record.root, root))
  }

  #order(): void {
    this.#ordered = [...this.#generations.values()].sort((a, b) => b.number - a.number)
  }
}

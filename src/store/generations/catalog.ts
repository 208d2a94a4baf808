/**
 * What the store knows without reading a value: the generations with their coverage, loose pages and wanted codes, and
 * which codes are stored. It is changed only after the transaction that says the same has succeeded.
 */
import { equalHash } from '../../trie/keccak.ts'
import { ROOT_PATH } from '../../trie/path.ts'
import type { Scope } from '../../trie/scope.ts'
import type { GenerationState } from './generation-state.ts'

export class Catalog {
  readonly #generations = new Map<number, GenerationState>()
  /** Hashes (hex digits) of the codes that are stored. */
  readonly codes = new Set<string>()
  /** The generation that reads are answered from. */
  lastComplete: GenerationState | null = null
  /** The generation of the state that was to be synced last, if that is known. */
  #target: GenerationState | null = null
  /** How often all loose pages went. */
  looseLosses = 0
  /** The oldest generation that newer ones may rest on; what is older can go. */
  oldest = 0
  /** The newest first. */
  #ordered: readonly GenerationState[] = []

  /** The newest first. */
  get generations(): readonly GenerationState[] {
    return this.#ordered
  }

  /** What a node of this generation may be stored in: the generation and all older ones, the newest first. */
  upTo(state: GenerationState): readonly GenerationState[] {
    const [newest] = this.#ordered
    return newest === state ? this.#ordered : this.#ordered.filter((other) => other.number <= state.number)
  }

  /** The number of the next generation. */
  get nextNumber(): number {
    return Math.max(0, ...this.#generations.keys()) + 1
  }

  /** The generation of the state that was to be synced last, finished or not; `null`: nothing is known of any. */
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

  /** The one with this root that has the most: the newest complete one of the whole state, of a part of it, or of either. */
  withRoot(root: Uint8Array): GenerationState | undefined {
    const all = this.#allWithRoot(root)
    const complete = all.filter((state) => state.record.complete)
    return complete.find((state) => state.scope.isAll) ?? complete[0] ?? all[0]
  }

  /** The newest complete generation with this root that has all of `scope`, else the newest one of this very scope. */
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

  /** Forgets a generation; its keys stay with the object, for whoever deletes its records. */
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

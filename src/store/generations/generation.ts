/** One generation: the pages written for one target. A sync sees the store through a generation. */
import type { Code, Contents, Disk, OlderNode, Page } from '../../sync/disk.ts'
import type { Ref } from '../../trie/node-source.ts'
import type { Path } from '../../trie/path.ts'
import { Scope } from '../../trie/scope.ts'
import { StoreError } from '../errors.ts'
import { putComplete, putGenerationRecord } from '../format/generation-record.ts'
import { putOldest, putTarget } from '../format/meta.ts'
import { encodeWantedKey } from '../format/wanted-key.ts'
import type { Catalog } from './catalog.ts'
import { successorOf } from './choose-generation.ts'
import { commitInChunks } from './commit.ts'
import type { GenerationState } from './generation-state.ts'
import { deleteLoose, keepLoose, readLoose } from './loose-pages.ts'
import { findOlder } from './older-nodes.ts'
import { lookUp } from './page-reader.ts'
import { checkLives, type StoreContext } from './store-context.ts'
import { detachOlder, sweep } from './sweep.ts'

/**
 * Returns the hashes (hex digits) of the codes named by the accounts of a generation, after a walk over its whole
 * state. Rejects with `damagedPage` or `generationGone`.
 */
type ReadCodeHashes = (context: StoreContext, state: GenerationState) => Promise<ReadonlySet<string>>

/**
 * A handle from `StateStore.target`. Any number of handles may be used at a time: writes take turns. All calls reject
 * with `generationGone` after a wipe, or after a compaction without need of this generation.
 */
export class Generation implements Disk {
  readonly #context: StoreContext
  readonly #readCodeHashes: ReadCodeHashes
  #state: GenerationState
  /** The generation to compare the target with: the last complete one at the time of {@link contents}. */
  #base: GenerationState | null = null

  constructor(context: StoreContext, state: GenerationState, readCodeHashes: ReadCodeHashes) {
    this.#context = context
    this.#readCodeHashes = readCodeHashes
    this.#state = state
  }

  get number(): number {
    return this.#state.number
  }

  /** 32 bytes. */
  get root(): Uint8Array {
    return this.#state.record.root
  }

  /**
   * Reads the contents. A generation with holes does not know its own contents, so the handle moves on to a successor
   * with the same root.
   */
  contents(): Promise<Contents> {
    const { queue, catalog } = this.#context
    return queue.enter(async () => {
      checkLives(catalog, this.#state)
      if (this.#state.record.holes.length > 0) this.#state = await successorOf(this.#context, this.#state)
      const { pages, wanted, record } = this.#state
      this.#base = baseOf(catalog, this.#state)
      const loose = await readLoose(this.#context)
      return {
        complete: record.complete,
        stretches: pages.stretches(),
        loose,
        codes: new Set(catalog.codes),
        wanted: [...wanted],
        counts: pages.counts,
        codeCounts: record.codeCounts,
        base: this.#base?.record.root ?? null,
        scope: this.#state.scope,
        baseScope: this.#base?.scope ?? Scope.ALL,
        hasOlder: this.#older().length > 0,
      }
    })
  }

  async node(path: Path, hash: Uint8Array): Promise<Uint8Array> {
    const blob = await lookUp(this.#context, this.#state, path, hash)
    if (blob !== undefined) return blob
    checkLives(this.#context.catalog, this.#state)
    throw this.#dropped(path)
  }

  older(ref: Ref): Promise<OlderNode> {
    return findOlder(this.#context, this.#older(), ref, this.#state.scope)
  }

  async baseNode({ path, hash }: Ref): Promise<Uint8Array> {
    const blob = this.#base === null ? undefined : await lookUp(this.#context, this.#base, path, hash)
    if (blob === undefined) throw this.#dropped(path)
    return blob
  }

  commit(pages: readonly Page[], codes: readonly Code[]): Promise<void> {
    return commitInChunks(this.#context, this.#state, pages, codes)
  }

  async dropStrayCodes(): Promise<boolean> {
    const { records, queue, catalog } = this.#context
    const state = this.#state
    const named = await this.#readCodeHashes(this.#context, state)
    return queue.enter(async () => {
      checkLives(catalog, state)
      const stray = [...state.wanted].filter((hash) => !named.has(hash))
      const keys = stray.map((hash) => encodeWantedKey({ generation: state.number, hash }))
      await records.write(
        keys.map((key) => ({ kind: 'delete', store: 'wanted', key })),
        'relaxed',
      )
      for (const hash of stray) state.wanted.delete(hash)
      return stray.length > 0
    })
  }

  keepLoose(sequences: readonly Uint8Array[]): Promise<void> {
    return keepLoose(this.#context, this.#state, sequences)
  }

  /** Completes the generation. After a compaction, resolves when the superfluous generations are deleted, too. */
  async complete(): Promise<void> {
    const { records, queue, catalog } = this.#context
    const deletions = await queue.enter(async () => {
      checkLives(catalog, this.#state)
      this.#checkComplete()
      const record = { ...this.#state.record, complete: true }
      const oldest = record.dense ? this.number : catalog.oldest
      await records.write(
        [
          ...catalog.generations.flatMap(deleteLoose),
          putGenerationRecord(record),
          putComplete(record),
          ...(record.dense ? [] : [putTarget(this.number)]),
          putOldest(oldest),
        ],
        'strict',
      )
      this.#state.record = record
      for (const state of catalog.generations) state.loose = []
      catalog.looseLosses++
      catalog.lastComplete = this.#state
      catalog.oldest = oldest
      return detachOlder(catalog)
    })
    // The generation is complete, whatever becomes of the old pages. The next opening deletes the rest.
    await sweep(this.#context, deletions).catch(() => {})
  }

  #checkComplete(): void {
    const { wanted, isCovered } = this.#state
    if (wanted.size === 0 && isCovered) return
    const message = `generation ${this.number} is not complete: ${wanted.size} codes wanted, covered: ${isCovered}`
    throw new StoreError('incomplete', message, { details: { wanted: wanted.size, covered: isCovered } })
  }

  /** The generations that may have unchanged nodes, besides the base. */
  #older(): readonly GenerationState[] {
    if (this.#state.record.dense) return []
    const others = this.#context.catalog.upTo(this.#state)
    return others.filter((state) => state !== this.#state && state !== this.#base && state.pages.size > 0)
  }

  /**
   * Makes the error for a page dropped since the caller read the contents: the same as for the read that found the
   * damage.
   */
  #dropped(path: Path): StoreError {
    const details = { generation: this.number, path }
    return new StoreError('damagedPage', `no page of generation ${this.number} covers "${path}"`, { details })
  }
}

/** Returns the last complete generation, unless empty, damaged since, or this generation itself. */
function baseOf({ lastComplete }: Catalog, { record }: GenerationState): GenerationState | null {
  if (lastComplete === null || !lastComplete.record.complete || lastComplete.pages.size === 0) return null
  return record.dense || record === lastComplete.record ? null : lastComplete
}

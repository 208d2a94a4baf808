/** One generation: the pages that are written for one target. What the sync sees of the store. */
import type { Code, Contents, Disk, Page } from '../sync/disk.ts'
import type { Path } from '../trie/path.ts'
import { SequenceCursor } from '../trie/sequence.ts'
import type { GenerationState } from './catalog.ts'
import { commitInChunks } from './commit.ts'
import { checkLives, type StoreContext } from './context.ts'
import { StoreError } from './errors.ts'
import { putComplete, putGenerationRecord } from './generation-record.ts'
import { encodePageKey, looseKey, type PageKey } from './page-key.ts'
import { lookUp } from './page-reader.ts'
import type { Operation } from './records.ts'
import { detachOlder, sweep } from './sweep.ts'

/**
 * Got from `StateStore.target`. Any number of handles may be used at a time: writes take turns. All calls reject with
 * `generationGone` once a newer generation is complete, or the store was wiped.
 */
export class Generation implements Disk {
  readonly #context: StoreContext
  readonly #state: GenerationState

  constructor(context: StoreContext, state: GenerationState) {
    this.#context = context
    this.#state = state
  }

  get number(): number {
    return this.#state.number
  }

  /** 32 bytes. */
  get root(): Uint8Array {
    return this.#state.record.root
  }

  contents(): Promise<Contents> {
    const { queue, catalog } = this.#context
    const { pages, wanted } = this.#state
    return queue.enter(async () => {
      checkLives(catalog, this.#state)
      const loose = await this.#readLoose()
      const { complete, codeCounts } = this.#state.record
      return {
        complete,
        stretches: pages.stretches(),
        loose,
        codes: new Set(catalog.codes),
        wanted: [...wanted],
        counts: pages.counts,
        codeCounts,
      }
    })
  }

  async node(path: Path, hash: Uint8Array): Promise<Uint8Array> {
    const blob = await lookUp(this.#context, this.#state, path, hash)
    if (blob !== undefined) return blob
    checkLives(this.#context.catalog, this.#state)
    // Its page was dropped since the caller read the contents: the same news, at the second who asks.
    const details = { generation: this.number, path }
    throw new StoreError('damagedPage', `no page of generation ${this.number} covers "${path}"`, { details })
  }

  commit(pages: readonly Page[], codes: readonly Code[]): Promise<void> {
    return commitInChunks(this.#context, this.#state, pages, codes)
  }

  keepLoose(sequences: readonly Uint8Array[]): Promise<void> {
    const { records, queue, catalog } = this.#context
    return queue.enter(async () => {
      checkLives(catalog, this.#state)
      const kept: PageKey[] = []
      const operations = this.#deleteLoose()
      for (const bytes of sequences) {
        const cursor = new SequenceCursor(bytes)
        if (!cursor.next()) continue
        const key = looseKey(this.number, cursor.path)
        operations.push({ kind: 'put', store: 'pages', key: encodePageKey(key), value: bytes })
        kept.push(key)
      }
      await records.write(operations, 'relaxed')
      this.#state.loose = kept
    })
  }

  /** Resolves when the older generations are deleted, too. */
  async complete(): Promise<void> {
    const { records, queue, catalog } = this.#context
    const deletions = await queue.enter(async () => {
      checkLives(catalog, this.#state)
      this.#checkComplete()
      const record = { ...this.#state.record, complete: true }
      await records.write([...this.#deleteLoose(), putGenerationRecord(record), putComplete(record)], 'strict')
      this.#state.record = record
      this.#state.loose = []
      catalog.lastComplete = this.#state
      return detachOlder(catalog)
    })
    // Complete it is, whatever becomes of the old pages: what is not deleted now is when the store opens next.
    await sweep(this.#context, deletions).catch(() => {})
  }

  #checkComplete(): void {
    const { wanted, isCovered } = this.#state
    if (wanted.size === 0 && isCovered) return
    const message = `generation ${this.number} is not complete: ${wanted.size} codes wanted, covered: ${isCovered}`
    throw new StoreError('incomplete', message, { details: { wanted: wanted.size, covered: isCovered } })
  }

  #deleteLoose(): Operation[] {
    return this.#state.loose.map((page) => ({ kind: 'delete', store: 'pages', key: encodePageKey(page) }))
  }

  /** The loose pages that can be read, unchecked; one that cannot is a convenience lost. */
  /** Of all generations: what was verified for another root and fitted no page may belong to this one. */
  async #readLoose(): Promise<Uint8Array[]> {
    const { records, catalog } = this.#context
    const pages = catalog.generations.flatMap((state) => state.loose)
    const values = await Promise.all(pages.map((page) => records.get('pages', encodePageKey(page))))
    return values.filter((bytes) => bytes instanceof Uint8Array)
  }
}

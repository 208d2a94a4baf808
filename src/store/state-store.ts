/**
 * The store: generations of pages in one database, IndexedDB's or its in-memory twin. One store writes at a time, the one
 * that was opened last (`fenced-records.ts`); which tab that should be, is decided elsewhere.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { yieldThread } from '../runtime/yield-thread.ts'
import type { Stretch } from '../sync/disk.ts'
import { type Keccak, nobleKeccak } from '../trie/keccak.ts'
import type { NodeSource } from '../trie/node-source.ts'
import { MAX_LIVE_GENERATIONS, PAGE_CACHE_BYTES } from './constants.ts'
import { checkChain, claimsChain, putChain } from './database/chain-id.ts'
import { ChunkPacer } from './database/chunk-pacer.ts'
import { type ClosedReason, openDatabase } from './database/database.ts'
import { takeOver, withoutWriting } from './database/fenced-records.ts'
import { MemoryRecords } from './database/memory-records.ts'
import type { Records } from './database/records.ts'
import { WriteQueue } from './database/write-queue.ts'
import { INITIAL_META } from './format/meta.ts'
import { type Operation, RECORD_STORES } from './format/record-types.ts'
import { Catalog } from './generations/catalog.ts'
import { chooseCompaction, chooseTarget, type StateTarget } from './generations/choose-generation.ts'
import { readCode } from './generations/code-reader.ts'
import { commitInChunks } from './generations/commit.ts'
import type { Damage } from './generations/damage.ts'
import { Generation } from './generations/generation.ts'
import { type GenerationReader, generationReader, rootReader } from './generations/generation-reader.ts'
import type { GenerationInfo, GenerationState } from './generations/generation-state.ts'
import { loadCatalog, viewCatalog } from './generations/load-catalog.ts'
import { addLoose, keepLoose, readLoose } from './generations/loose-pages.ts'
import { PageCache } from './generations/page-cache.ts'
import type { StoreContext } from './generations/store-context.ts'
import { storedHeader } from './generations/stored-header.ts'
import { detachOlder, sweep } from './generations/sweep.ts'
import { coverageOf, type RootCoverage } from './walks/coverage.ts'
import { measureStorage, type StoreStorage } from './walks/measure-storage.ts'
import { readCodeHashes } from './walks/state-walk.ts'
import { StoreSource } from './walks/store-source.ts'
import { StoredState } from './walks/stored-state.ts'
import { type VerifyOptions, type VerifySummary, verifyState } from './walks/verify-state.ts'

export interface StateStoreOptions {
  /** Which chain the states are of: a database with those of another one is refused. Left out: nobody asks. */
  readonly chainId?: number
  /** Hashes what is read; noble's by default. A store that serves runs to other tabs wants the fast one. */
  readonly keccak?: Keccak
  /** Called when damage has been dropped; the read that found it rejects with `damagedPage` or `damagedCode`. */
  readonly onDamage?: (damage: Damage) => void
  /**
   * Called while the store opens, as soon as it is known that no state is complete: before the keys of the pages are read,
   * for which a browser may well read the pages.
   */
  readonly onNothingComplete?: () => void
  /** Called once if the connection is closed by something else than {@link StateStore.close}. */
  readonly onClosed?: (reason: ClosedReason) => void
  /** Bytes of recent pages to keep in memory. */
  readonly cacheBytes?: number
  /** Generations that lookups may have to ask before a compaction is due. */
  readonly maxGenerations?: number
  /** Milliseconds, from any origin. */
  readonly now?: () => number
  /** Called between the chunks of a commit. */
  readonly yieldThread?: () => Promise<void>
}

/** The state that reads are answered from. */
interface CompleteState extends GenerationInfo {
  /** False once a part of it was found damaged: the rest is readable, and a sync to this root heals it. */
  readonly intact: boolean
}

/** See the head of this file. After `close` everything rejects with `databaseClosed`. */
export class StateStore {
  readonly #context: StoreContext
  /** What says which chain it is, also once everything is deleted. */
  readonly #chain: readonly Operation[]

  /** Use {@link openStateStore} or {@link createMemoryStore}. */
  constructor(records: Records, catalog: Catalog, options: StateStoreOptions) {
    this.#chain = options.chainId === undefined ? [] : [putChain(options.chainId)]
    this.#context = {
      records,
      catalog,
      queue: new WriteQueue(),
      cache: new PageCache(options.cacheBytes ?? PAGE_CACHE_BYTES),
      reads: new Map(),
      pacer: new ChunkPacer(),
      maxGenerations: options.maxGenerations ?? MAX_LIVE_GENERATIONS,
      keccak: options.keccak ?? nobleKeccak,
      now: options.now ?? (() => performance.now()),
      yieldThread: options.yieldThread ?? yieldThread,
      onDamage: options.onDamage ?? (() => {}),
    }
  }

  /** A store over records that may hold something; rejects as {@link openStateStore} does, and closes them then. */
  static async over(records: Records, options: StateStoreOptions = {}): Promise<StateStore> {
    try {
      const chain = await claimChain(records, options)
      const { catalog, repairs } = await loadCatalog(records, options.onNothingComplete)
      await records.write([...chain, ...repairs], 'relaxed')
      const store = new StateStore(records, catalog, options)
      await sweep(store.#context, detachOlder(catalog)) // what a deletion left behind that was cut short
      return store
    } catch (error) {
      records.close()
      throw error
    }
  }

  /** The same, as the one writer: all writes through a store that was made so earlier reject with `fenced`. */
  static async writer(records: Records, options: StateStoreOptions = {}): Promise<StateStore> {
    try {
      await claimChain(records, options) // whoever writes to that of another chain goes on
      return await StateStore.over(await takeOver(records), options)
    } catch (error) {
      records.close()
      throw error
    }
  }

  /** A store that only reads, as things are on disk now: whatever would write rejects with `fenced`, damage found for one. */
  static async reader(records: Records, options: StateStoreOptions = {}): Promise<StateStore> {
    if (options.chainId !== undefined) await checkChain(records, options.chainId)
    const catalog = await viewCatalog(records)
    return new StateStore(withoutWriting(records), catalog, options)
  }

  /** The state that was completed last, or `null`. */
  lastComplete(): CompleteState | null {
    const state = this.#context.catalog.lastComplete
    return state && { ...state.info, intact: state.record.complete }
  }

  /** The state that was to be synced last, finished or not, and also if it was there already; `null`: none ever was. */
  newestTarget(): GenerationInfo | null {
    return this.#context.catalog.target?.info ?? null
  }

  /** What other generations than this one cover, the newest first. */
  others(generation: number): { readonly root: Uint8Array; readonly stretches: readonly Stretch[] }[] {
    return this.#context.catalog.generations
      .filter((state) => state.number !== generation && state.pages.size > 0)
      .map(({ record, pages }) => ({ root: record.root, stretches: pages.stretches() }))
  }

  /**
   * The generation with this root: a complete one that has all of the scope, or the newest if it is unfinished; else a new
   * one, which takes what it has in common with older ones from them.
   */
  async target(target: StateTarget): Promise<Generation> {
    return this.#generation(await this.#context.queue.enter(() => chooseTarget(this.#context, target)))
  }

  /**
   * The generation to which the last complete state is to be rewritten as one, the unfinished one if there is; `null`: too
   * little would be gained. Not to be asked while a target is unfinished.
   */
  async compaction(): Promise<Generation | null> {
    const state = await this.#context.queue.enter(() => chooseCompaction(this.#context))
    return state && this.#generation(state)
  }

  /** True unless the newest target is unfinished: only then may there be a {@link compaction}. */
  get isSettled(): boolean {
    const { generations, lastComplete } = this.#context.catalog
    const newest = generations.find(({ record }) => !record.dense)
    return newest === undefined || newest.record.complete || newest.number <= (lastComplete?.number ?? 0)
  }

  /** Reads of the generation with this number; of one that is gone, nothing is stored, unless a compaction took its place. */
  reader(generation: number): GenerationReader {
    return generationReader(this.#context, generation)
  }

  /** Reads under a root (32 bytes) that need not have a generation: then of what happens to be the same in others. */
  readerOf(root: Uint8Array): GenerationReader {
    return rootReader(this.#context, root)
  }

  /** RLP of the header of the block with this hash (32 bytes), if it is that of a state here. */
  header(hash: Uint8Array): Uint8Array | undefined {
    return storedHeader(this.#context, hash)
  }

  /** What {@link keepLoose} kept, of all generations, unchecked: between two writes, for each replaces what is there. */
  loose(): Promise<Uint8Array[]> {
    return this.#context.queue.enter(() => readLoose(this.#context))
  }

  /** Keeps nodes that cover nothing, in place of those that were kept for this generation before; see `loose-pages.ts`. */
  async keepLoose(generation: number, sequences: readonly Uint8Array[]): Promise<void> {
    const state = this.#context.catalog.get(generation)
    if (state !== undefined) await keepLoose(this.#context, state, sequences)
  }

  /** The same, beside what is kept for it; in pages of at most `maxBytes`, all of them written again if `mergesAll`. */
  async addLoose(
    generation: number,
    sequences: readonly Uint8Array[],
    maxBytes: number,
    mergesAll = false,
  ): Promise<void> {
    const state = this.#context.catalog.get(generation)
    if (state !== undefined) await addLoose(this.#context, state, sequences, maxBytes, mergesAll)
  }

  /** Grows whenever all that was kept goes, because a state is complete or everything was deleted. */
  get looseLosses(): number {
    return this.#context.catalog.looseLosses
  }

  /** Keeps a bytecode that was checked, whether or not some state wants it. Before there is any, nothing is kept. */
  async keepCode(hash: Uint8Array, bytes: Uint8Array): Promise<void> {
    const { generations, lastComplete } = this.#context.catalog
    const state = lastComplete ?? generations[0]
    if (state !== undefined) await commitInChunks(this.#context, state, [], [{ hash: bytesToHex(hash), bytes }])
  }

  /**
   * The bytecode with this hash (32 bytes), which the caller owns; `undefined`: not stored. Rejects with `damagedCode` if
   * what is stored is not it: it has been dropped then, and is wanted again.
   */
  code(hash: Uint8Array): Promise<Uint8Array | undefined> {
    return readCode(this.#context, hash)
  }

  /** What is stored, from keys and `meta` alone. */
  storage(): StoreStorage {
    return measureStorage(this.#context.catalog)
  }

  /**
   * All of the last complete state, or of the one with this root (32 bytes), to be read once; `null`: there is none. Throws
   * `incomplete` if something was lost.
   */
  all(root?: Uint8Array): StoredState | null {
    const { catalog } = this.#context
    const state = root === undefined ? catalog.lastComplete : catalog.withRoot(root)
    return state === null || state === undefined ? null : new StoredState(this.#context, state)
  }

  /** Verifies everything of the last complete state; see `verify.ts`. `null`: there is none. */
  async verify(options: VerifyOptions = {}): Promise<VerifySummary | null> {
    const { lastComplete } = this.#context.catalog
    return lastComplete === null ? null : verifyState(this.#context, lastComplete, options)
  }

  /** What {@link source} has of each root, the newest first. */
  coverage(): RootCoverage[] {
    return coverageOf(this.#context.catalog)
  }

  /** What the store can serve to peers: each generation, as far as it is covered. */
  source(): NodeSource {
    return new StoreSource(this.#context)
  }

  /** Deletes everything; generations and readers that were handed out are of no use any more. */
  async wipe(): Promise<void> {
    const { records, catalog, queue, cache } = this.#context
    await queue.enter(async () => {
      await records.write(
        [...RECORD_STORES.map((store) => ({ kind: 'clear', store }) as const), ...INITIAL_META, ...this.#chain],
        'strict',
      )
      for (const state of catalog.generations) state.pages.clear()
      catalog.clear()
      cache.clear()
    })
  }

  /** Lets the transaction that runs end, drops those that wait, and closes the database. May be called twice. */
  async close(): Promise<void> {
    await this.#context.queue.close()
    this.#context.records.close()
    this.#context.cache.clear() // else what is in it could still be read
  }

  #generation(state: GenerationState): Generation {
    return new Generation(this.#context, state, readCodeHashes)
  }
}

/** The write that makes the database one of our chain, if it is needed. Rejects with `databaseOfOtherChain`. */
async function claimChain(records: Records, { chainId }: StateStoreOptions): Promise<Operation[]> {
  return chainId !== undefined && (await claimsChain(records, chainId)) ? [putChain(chainId)] : []
}

/**
 * Opens the store in an IndexedDB database as its writer, and makes the database if there is none: a store that was open
 * for writing elsewhere writes no more, and rejects with `fenced`. Rejects with `databaseOfOtherChain`, `databaseBlocked`,
 * `databaseTooNew`, `databaseFailed`, `quotaExceeded`, or `damagedMeta`: then delete the database and sync again.
 */
export async function openStateStore(options: StateStoreOptions & { readonly database: string }): Promise<StateStore> {
  return StateStore.writer(await openDatabase(options.database, { onClosed: options.onClosed }), options)
}

/** An empty store that lives as long as the page. */
export function createMemoryStore(options: StateStoreOptions = {}): StateStore {
  return new StateStore(new MemoryRecords(), new Catalog(), options)
}

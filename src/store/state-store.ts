/**
 * The store: generations of pages in one database, in IndexedDB or in its in-memory twin. Only the store opened last
 * may write (`fenced-records.ts`); `worker/tabs` decides which tab opens one.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { yieldThread } from '../runtime/yield-thread.ts'
import type { Stretch } from '../sync/disk.ts'
import { type Keccak, nobleKeccak } from '../trie/keccak.ts'
import type { NodeSource } from '../trie/node-source.ts'
import { MAX_LIVE_GENERATIONS, PAGE_CACHE_BYTES } from './constants.ts'
import { checkChain, claimsChain, putChain } from './database/chain-id.ts'
import { ChunkPacer } from './database/chunk-pacer.ts'
import type { ClosedReason } from './database/connection.ts'
import { openDatabase } from './database/database.ts'
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
  /**
   * The chain of the states. A database with states of another chain is refused. Left out: the chain is not checked.
   */
  readonly chainId?: number
  /**
   * Hashes nodes and codes read from disk; noble's by default. A store serving runs to other tabs should get the fast
   * one.
   */
  readonly keccak?: Keccak
  /** Called after damage has been dropped. The read finding the damage rejects with `damagedPage` or `damagedCode`. */
  readonly onDamage?: (damage: Damage) => void
  /**
   * Called while the store opens, once it turns out that no state is complete. Comes before listing the keys of pages:
   * for that a browser may well read the pages.
   */
  readonly onNothingComplete?: () => void
  /** Called once if the connection ends, except by {@link StateStore.close}. */
  readonly onClosed?: (reason: ClosedReason) => void
  /** Bytes of recent pages to keep in memory. */
  readonly cacheBytes?: number
  /** Generations for a lookup to ask before a compaction is due. */
  readonly maxGenerations?: number
  /** Milliseconds, from any origin. */
  readonly now?: () => number
  /** Called between the chunks of a commit. */
  readonly yieldThread?: () => Promise<void>
}

/** The state answering reads. */
interface CompleteState extends GenerationInfo {
  /** False after damage to the state was found. The rest is readable, and a sync to this root heals the state. */
  readonly intact: boolean
}

/** The facade over one open database. After `close` every call rejects with `databaseClosed`. */
export class StateStore {
  readonly #context: StoreContext
  /** The write naming the chain, for repeating after a wipe. */
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

  /** Opens a store over existing records. Rejects as {@link openStateStore} does, after closing the records. */
  static async over(records: Records, options: StateStoreOptions = {}): Promise<StateStore> {
    try {
      const chain = await claimChain(records, options)
      const { catalog, repairs } = await loadCatalog(records, options.onNothingComplete)
      await records.write([...chain, ...repairs], 'relaxed')
      const store = new StateStore(records, catalog, options)
      await sweep(store.#context, detachOlder(catalog)) // the rest of an interrupted deletion
      return store
    } catch (error) {
      records.close()
      throw error
    }
  }

  /** Opens a store as the one writer: from now on, writes through an earlier writer reject with `fenced`. */
  static async writer(records: Records, options: StateStoreOptions = {}): Promise<StateStore> {
    try {
      await claimChain(records, options) // first: the writer of another chain must keep its fence
      return await StateStore.over(await takeOver(records), options)
    } catch (error) {
      records.close()
      throw error
    }
  }

  /**
   * Opens a store for reading, with the present contents of the disk. Every write rejects with `fenced`, also the
   * removal of damage.
   */
  static async reader(records: Records, options: StateStoreOptions = {}): Promise<StateStore> {
    if (options.chainId !== undefined) await checkChain(records, options.chainId)
    const catalog = await viewCatalog(records)
    return new StateStore(withoutWriting(records), catalog, options)
  }

  /** Returns the state completed last, or `null`. */
  lastComplete(): CompleteState | null {
    const state = this.#context.catalog.lastComplete
    return state && { ...state.info, intact: state.record.complete }
  }

  /** Returns the latest sync target, finished or not, or complete from the start; `null`: no sync ever began. */
  newestTarget(): GenerationInfo | null {
    return this.#context.catalog.target?.info ?? null
  }

  /** Returns the coverage of all generations except this one, the newest first. */
  others(generation: number): { readonly root: Uint8Array; readonly stretches: readonly Stretch[] }[] {
    return this.#context.catalog.generations
      .filter((state) => state.number !== generation && state.pages.size > 0)
      .map(({ record, pages }) => ({ root: record.root, stretches: pages.stretches() }))
  }

  /**
   * Returns the generation for a state: a complete one with all of the scope, or the newest one if unfinished. Else
   * begins a new one, resting on older ones for the nodes in common.
   */
  async target(target: StateTarget): Promise<Generation> {
    return this.#generation(await this.#context.queue.enter(() => chooseTarget(this.#context, target)))
  }

  /**
   * Returns the generation into which the last complete state is to be rewritten, if need be the unfinished one of an
   * earlier compaction. `null`: the gain would be too small. Do not call this while a target is unfinished.
   */
  async compaction(): Promise<Generation | null> {
    const state = await this.#context.queue.enter(() => chooseCompaction(this.#context))
    return state && this.#generation(state)
  }

  /** True unless the newest target is unfinished. Only a settled store may begin a {@link compaction}. */
  get isSettled(): boolean {
    const { generations, lastComplete } = this.#context.catalog
    const newest = generations.find(({ record }) => !record.dense)
    return newest === undefined || newest.record.complete || newest.number <= (lastComplete?.number ?? 0)
  }

  /**
   * Returns a reader of the generation with this number. If the generation was deleted, reads use the one of the same
   * root that compaction put in its place, else find nothing.
   */
  reader(generation: number): GenerationReader {
    return generationReader(this.#context, generation)
  }

  /**
   * Returns a reader under a root (32 bytes). For a root without a generation, reads find the nodes shared with other
   * states.
   */
  readerOf(root: Uint8Array): GenerationReader {
    return rootReader(this.#context, root)
  }

  /** Returns RLP of the header of a stored state's block, by the block's hash (32 bytes). */
  header(hash: Uint8Array): Uint8Array | undefined {
    return storedHeader(this.#context, hash)
  }

  /**
   * Reads the loose pages of all generations, unchecked. Runs between two writes, because each write replaces pages.
   */
  loose(): Promise<Uint8Array[]> {
    return this.#context.queue.enter(() => readLoose(this.#context))
  }

  /** Replaces the loose nodes of a generation; see `loose-pages.ts`. */
  async keepLoose(generation: number, sequences: readonly Uint8Array[]): Promise<void> {
    const state = this.#context.catalog.get(generation)
    if (state !== undefined) await keepLoose(this.#context, state, sequences)
  }

  /** Adds loose nodes to those of a generation, in pages of at most `maxBytes`; rewrites all pages if `mergesAll`. */
  async addLoose(
    generation: number,
    sequences: readonly Uint8Array[],
    maxBytes: number,
    mergesAll = false,
  ): Promise<void> {
    const state = this.#context.catalog.get(generation)
    if (state !== undefined) await addLoose(this.#context, state, sequences, maxBytes, mergesAll)
  }

  /** Grows with every loss of all loose nodes, by the completion of a state or by a wipe. */
  get looseLosses(): number {
    return this.#context.catalog.looseLosses
  }

  /** Keeps a checked bytecode, wanted or not. Without any generation, nothing is kept. */
  async keepCode(hash: Uint8Array, bytes: Uint8Array): Promise<void> {
    const { generations, lastComplete } = this.#context.catalog
    const state = lastComplete ?? generations[0]
    if (state !== undefined) await commitInChunks(this.#context, state, [], [{ hash: bytesToHex(hash), bytes }])
  }

  /**
   * Returns the bytecode with this hash (32 bytes), owned by the caller; `undefined`: not stored. Rejects with
   * `damagedCode` if the stored bytes do not match: they have been dropped, and the code is wanted again.
   */
  code(hash: Uint8Array): Promise<Uint8Array | undefined> {
    return readCode(this.#context, hash)
  }

  /** Measures the stored contents, from keys and `meta` alone. */
  storage(): StoreStorage {
    return measureStorage(this.#context.catalog)
  }

  /**
   * Returns the whole last complete state, or the one with this root (32 bytes), to be read once; `null`: there is
   * none. Throws `incomplete` if something was lost.
   */
  all(root?: Uint8Array): StoredState | null {
    const { catalog } = this.#context
    const state = root === undefined ? catalog.lastComplete : catalog.withRoot(root)
    return state === null || state === undefined ? null : new StoredState(this.#context, state)
  }

  /** Verifies all of the last complete state; see `verify-state.ts`. Resolves with `null` if there is none. */
  async verify(options: VerifyOptions = {}): Promise<VerifySummary | null> {
    const { lastComplete } = this.#context.catalog
    return lastComplete === null ? null : verifyState(this.#context, lastComplete, options)
  }

  /** Returns the coverage of each root in {@link source}, the newest first. */
  coverage(): RootCoverage[] {
    return coverageOf(this.#context.catalog)
  }

  /** Returns the store as a source for peers: each generation, as far as its pages cover the state. */
  source(): NodeSource {
    return new StoreSource(this.#context)
  }

  /** Deletes everything. Existing generations and readers become useless. */
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

  /** Lets the running transaction end, drops waiting ones, and closes the database. May be called twice. */
  async close(): Promise<void> {
    await this.#context.queue.close()
    this.#context.records.close()
    this.#context.cache.clear() // cached pages must not be readable any more
  }

  #generation(state: GenerationState): Generation {
    return new Generation(this.#context, state, readCodeHashes)
  }
}

/** Returns the write marking the database as one of our chain, if needed. Rejects with `databaseOfOtherChain`. */
async function claimChain(records: Records, { chainId }: StateStoreOptions): Promise<Operation[]> {
  return chainId !== undefined && (await claimsChain(records, chainId)) ? [putChain(chainId)] : []
}

/**
 * Opens the store in an IndexedDB database as its writer, after creating a missing one. An earlier writer elsewhere
 * rejects with `fenced` from now on. Rejects with `databaseOfOtherChain`, `databaseBlocked`, `databaseTooNew`,
 * `databaseFailed`, `quotaExceeded`, or `damagedMeta`: then delete the database and sync again.
 */
export async function openStateStore(options: StateStoreOptions & { readonly database: string }): Promise<StateStore> {
  return StateStore.writer(await openDatabase(options.database, { onClosed: options.onClosed }), options)
}

/**
 * Makes an empty store in memory, gone with the page.
 *
 * @internal for tests: the client stores in IndexedDB only
 */
export function createMemoryStore(options: StateStoreOptions = {}): StateStore {
  return new StateStore(new MemoryRecords(), new Catalog(), options)
}

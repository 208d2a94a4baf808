/**
 * Reads of any state trusted by the application: from disk or a running sync, and missing nodes from peers, verified
 * and kept. Without any sync this is a light client fetching on demand.
 */
import type { Clock } from '../../runtime/clock.ts'
import { startDeadline } from '../../runtime/deadline.ts'
import type { Trace } from '../../runtime/trace.ts'
import type { Generation } from '../../store/generations/generation.ts'
import type { StateStore } from '../../store/state-store.ts'
import { MAX_PAGE_BYTES } from '../../sync/constants.ts'
import type { SyncPeers } from '../../sync/peer.ts'
import type { StateSync } from '../../sync/state-sync.ts'
import type { WayNode } from '../../trie/check-way.ts'
import { equalHash, type Keccak } from '../../trie/keccak.ts'
import { checkProof } from '../../wallet/check-proof.ts'
import {
  KEEP_DELAY_MS,
  MAX_ADDED_BYTES,
  MAX_ADDED_PAGES,
  MAX_FETCHED_BYTES,
  READ_TIMEOUT_MS,
} from '../../wallet/constants.ts'
import { ReadError } from '../../wallet/errors.ts'
import { FetchedNodes } from '../../wallet/fetched-nodes.ts'
import { Fetcher } from '../../wallet/fetcher.ts'
import type { ProofInput } from '../../wallet/input.ts'
import { OnDemandNodes } from '../../wallet/on-demand-nodes.ts'
import { parseRoot } from '../../wallet/parse.ts'
import type { StateNodes } from '../../wallet/state-reader.ts'
import type { Answer, ReadAt } from '../engine.ts'
import type { ForegroundWork } from '../serving/foreground-work.ts'
import type { PeerNetwork } from './peer-network.ts'
import { hexOf, readUnder, type StateRead } from './reads.ts'
import { nodesOfSync } from './sync-nodes.ts'

/** The running sync, and the generation receiving its pages. */
export interface RunningSync {
  readonly sync: StateSync
  readonly generation: Generation
}

export interface ReadsOnDemandParts {
  readonly store: StateStore
  readonly keccak: Keccak
  readonly peers: SyncPeers
  readonly network: Pick<PeerNetwork, 'start' | 'mayCome' | 'canCome' | 'loadFailure'>
  readonly clock: Clock
  readonly foreground: ForegroundWork
  readonly yieldThread: () => Promise<void>
  /** `null`: none runs. */
  readonly running: () => RunningSync | null
  /** Resolves when the newest sync runs or has ended: until then its root may be unknown. */
  readonly settled: () => Promise<void>
  /** Notes each decision; `null` or left out: no notes. */
  readonly trace?: Trace | null | undefined
}

/** The state of a read, and the nodes available without asking a peer. */
interface ReadableState {
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly below: StateNodes
}

export class ReadsOnDemand {
  readonly #parts: ReadsOnDemandParts
  readonly #fetcher: Fetcher
  readonly #fetched = new FetchedNodes(MAX_FETCHED_BYTES)
  /** Loading of the nodes kept on disk, running or done. */
  #loaded: Promise<void> | null = null
  #stopKeeping: (() => void) | null = null
  #kept = new Kept(null)

  constructor(parts: ReadsOnDemandParts) {
    const { peers, keccak, clock, network, yieldThread, trace } = parts
    this.#parts = parts
    this.#fetcher = new Fetcher({
      ...{ peers, keccak, clock, yieldThread, trace },
      connect: () => network.start(),
      mayCome: () => network.mayCome,
      canCome: () => network.canCome,
      loadFailure: () => network.loadFailure,
    })
  }

  /** True while a read waits for a peer. */
  get isBusy(): boolean {
    return this.#fetcher.isBusy
  }

  /** Runs a read. Rejects with `notSynced`, `badRootText`, `badRoot`, or as the disk does. */
  async read<T>(at: ReadAt | undefined, read: StateRead<T>): Promise<Answer<T>> {
    const state = await this.#stateAt(at)
    return this.#parts.foreground.read(() => this.#read(state, read))
  }

  /**
   * Returns the header of the block with this hash (32 bytes) as RLP, checked by the hash. Rejects with `notSynced`.
   */
  async header(hash: Uint8Array): Promise<Uint8Array> {
    return this.#parts.store.header(hash) ?? this.#fetcher.header(hash)
  }

  /** Checks a proof against the root of a read at `at`, and keeps the nodes. Rejects with `badProof`. */
  async addProof(at: ReadAt | undefined, proof: ProofInput): Promise<`0x${string}`> {
    const { root } = await this.#stateAt(at)
    this.#take(await checkProof(root, proof, this.#parts.keccak))
    return hexOf(root)
  }

  /**
   * Resolves when the target of the newest sync is known. Finding the header of a block may take longer than a read
   * may: rejects with `notSynced` then.
   */
  async settle(): Promise<void> {
    const { clock, settled } = this.#parts
    let stop = () => {}
    const late = new Promise<never>((_, reject) => {
      const message = 'the header of the block that is being synced has not been found yet'
      const fail = () => reject(new ReadError('notSynced', message, { details: { reason: 'timeout', peers: [] } }))
      stop = startDeadline(clock, READ_TIMEOUT_MS, fail, { countsOffline: true })
    })
    await Promise.race([settled(), late]).finally(stop)
  }

  /** Writes fetched nodes missing on disk. Never rejects: nodes that could not be written are fetched again. */
  async keep(): Promise<void> {
    if (this.#stopKeeping === null) return
    this.#stopKeeping()
    this.#stopKeeping = null
    const isWhole = this.#kept.losses !== this.#parts.store.looseLosses || this.#kept.isScattered
    const sequences = this.#fetched.sequences(MAX_PAGE_BYTES, !isWhole)
    const isWritten = await this.#write(sequences, isWhole).catch(() => false)
    if (!isWritten) this.#kept = new Kept(null)
    else if (isWhole) this.#kept = new Kept(this.#parts.store.looseLosses)
    else this.#kept.add(sequences)
  }

  /**
   * Handles the completion of a state. Completion drops the kept nodes of all states, so nodes outside the new state
   * are kept again.
   */
  meetComplete(): void {
    if (this.#parts.store.lastComplete()?.scope.isAll) this.#fetched.clear()
    else this.#keepSoon()
  }

  /** Forgets every fetched node: the store was wiped. */
  forget(): void {
    this.#fetched.clear()
  }

  /** Rejects waiting reads with `error`. Nodes not kept are lost, unless {@link keep} comes first. */
  stop(error: ReadError): void {
    this.#stopKeeping?.()
    this.#fetcher.stop(error)
  }

  async #read<T>({ root, below }: ReadableState, read: StateRead<T>): Promise<Answer<T>> {
    const { foreground, trace } = this.#parts
    await this.#load()
    const sources = trace ? { memory: 0, disk: 0, peers: 0 } : null
    const nodes = new OnDemandNodes({
      ...{ root, below, fetched: this.#fetched, sources },
      fetcher: {
        way: (way) => foreground.waitForPeers(() => this.#fetcher.way(way)),
        code: (hash) => foreground.waitForPeers(() => this.#fetcher.code(hash)),
      },
      onNodes: (found) => this.#take(found),
      onCode: (hash, bytes) => {
        this.#parts.running()?.sync.offerCode(hash, bytes)
        void this.#parts.store.keepCode(hash, bytes).catch(() => {}) // a disk that is full, or gone: it is fetched again
      },
    })
    const answer = await readUnder(root, nodes, read)
    trace?.('reads', 'answered', { root: answer.root, ...sources! })
    return answer
  }

  async #stateAt(at: ReadAt | undefined): Promise<ReadableState> {
    const { store, keccak } = this.#parts
    if (at === 'target' || (at === undefined && store.lastComplete() === null)) {
      await this.settle()
    }
    const running = this.#parts.running()
    const inSync = ({ sync, generation }: RunningSync) => {
      return { root: generation.root, below: nodesOfSync(sync, store.reader(generation.number), keccak) }
    }
    const complete = store.lastComplete()
    if (complete !== null && (at === undefined || at === 'complete')) {
      return { root: complete.root, below: store.reader(complete.generation) }
    }
    if (at === 'complete') throw new ReadError('notSynced', 'no state is complete on disk')
    if (at === undefined || at === 'target') {
      if (running !== null) return inSync(running)
      const target = store.newestTarget()
      if (target === null) throw new ReadError('notSynced', 'no root is known: sync one, or pass it as `at`')
      return { root: target.root, below: store.reader(target.generation) }
    }
    const root = parseRoot(at)
    if (running !== null && equalHash(running.generation.root, root)) return inSync(running)
    return { root, below: store.readerOf(root) }
  }

  #take(nodes: readonly WayNode[]): void {
    this.#fetched.addNodes(nodes)
    this.#parts.running()?.sync.offer(nodes)
    this.#keepSoon()
  }

  /**
   * Writes loose pages into the complete generation; before there is one, into the unfinished one. `isWhole`: replaces
   * all loose pages. Returns false if nothing was written.
   */
  async #write(sequences: readonly Uint8Array[], isWhole: boolean): Promise<boolean> {
    const { store, running } = this.#parts
    const [complete, target] = [store.lastComplete(), store.newestTarget()]
    if (complete !== null && isWhole) await store.keepLoose(complete.generation, sequences)
    else if (complete !== null) await store.addLoose(complete.generation, sequences, MAX_PAGE_BYTES)
    // A running sync writes its own nodes, offered ones included.
    else if (target !== null && running() === null) {
      await store.addLoose(target.generation, sequences, MAX_PAGE_BYTES, isWhole)
    } else return false
    return true
  }

  #load(): Promise<void> {
    this.#loaded ??= this.#readKept()
    return this.#loaded
  }

  async #readKept(): Promise<void> {
    const { store, keccak } = this.#parts
    try {
      for (const sequence of await store.loose()) this.#fetched.load(sequence, keccak)
    } catch (error) {
      this.#loaded = null // the next read tries again
      throw error
    }
  }

  #keepSoon(): void {
    this.#stopKeeping ??= this.#parts.clock.after(KEEP_DELAY_MS, () => void this.keep())
  }
}

/** The nodes written since the last whole write. */
class Kept {
  /**
   * {@link StateStore.looseLosses} at the whole write: its pages are on disk as long as the number is the same. `null`:
   * no whole write yet.
   */
  readonly losses: number | null
  #pages = 0
  #bytes = 0

  constructor(losses: number | null) {
    this.losses = losses
  }

  /** True if another whole write is due. */
  get isScattered(): boolean {
    return this.#pages >= MAX_ADDED_PAGES || this.#bytes >= MAX_ADDED_BYTES
  }

  add(sequences: readonly Uint8Array[]): void {
    this.#pages += sequences.length
    for (const { length } of sequences) this.#bytes += length
  }
}

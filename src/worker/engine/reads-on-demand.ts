/**
 * Reads of any state that the application trusts: from what is on disk or in a running sync, and what is missing there from
 * peers, verified and kept. With no sync at all this is a light client that fetches what it is asked for.
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

/** The sync that runs, and what it writes. */
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
  /** Resolves when a sync that was asked for runs, or has ended: until then its root may not be known. */
  readonly settled: () => Promise<void>
  /** Notes each decision; `null` or left out: no notes. */
  readonly trace?: Trace | null | undefined
}

/** What a read is about, and what is known of it without asking anybody. */
interface ReadableState {
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly below: StateNodes
}

export class ReadsOnDemand {
  readonly #parts: ReadsOnDemandParts
  readonly #fetcher: Fetcher
  readonly #fetched = new FetchedNodes(MAX_FETCHED_BYTES)
  /** What was kept on disk is being read, or has been. */
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

  /** Rejects with `notSynced`, `badRootText`, `badRoot`, or as the disk does. */
  async read<T>(at: ReadAt | undefined, read: StateRead<T>): Promise<Answer<T>> {
    const state = await this.#stateAt(at)
    return this.#parts.foreground.read(() => this.#read(state, read))
  }

  /** The RLP of the header of the block with this hash (32 bytes), checked by it. Rejects with `notSynced`. */
  async header(hash: Uint8Array): Promise<Uint8Array> {
    return this.#parts.store.header(hash) ?? this.#fetcher.header(hash)
  }

  /** Checks a proof against the root that a read at `at` would be about, and keeps its nodes. Rejects with `badProof`. */
  async addProof(at: ReadAt | undefined, proof: ProofInput): Promise<`0x${string}`> {
    const { root } = await this.#stateAt(at)
    this.#take(await checkProof(root, proof, this.#parts.keccak))
    return hexOf(root)
  }

  /**
   * Resolves when it is known what a sync that was just asked for is about. It may have to find the header of its block first,
   * which may take longer than a read may: rejects with `notSynced` then.
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

  /** Writes what was fetched and is not on disk. Never rejects: what could not be written is fetched again. */
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

  /** A state has become complete, and took the kept nodes of all with it: those that it does not hold are kept again. */
  meetComplete(): void {
    if (this.#parts.store.lastComplete()?.scope.isAll) this.#fetched.clear()
    else this.#keepSoon()
  }

  /** Everything that was stored is gone. */
  forget(): void {
    this.#fetched.clear()
  }

  /** Reads that wait reject with `error`. What is not kept is lost, unless {@link keep} comes first. */
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
   * With the complete state, which has no such pages of its own; before there is one, with what a sync has left. `isWhole`:
   * in the place of what was written before. False: nothing was written.
   */
  async #write(sequences: readonly Uint8Array[], isWhole: boolean): Promise<boolean> {
    const { store, running } = this.#parts
    const [complete, target] = [store.lastComplete(), store.newestTarget()]
    if (complete !== null && isWhole) await store.keepLoose(complete.generation, sequences)
    else if (complete !== null) await store.addLoose(complete.generation, sequences, MAX_PAGE_BYTES)
    // One that runs writes what it holds itself, what it was offered included.
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

/** What was written since all was written last. */
class Kept {
  /** {@link StateStore.looseLosses} then: what was written is there as long as it is the same. `null`: never. */
  readonly losses: number | null
  #pages = 0
  #bytes = 0

  constructor(losses: number | null) {
    this.losses = losses
  }

  /** True if it is time to write all of it again. */
  get isScattered(): boolean {
    return this.#pages >= MAX_ADDED_PAGES || this.#bytes >= MAX_ADDED_BYTES
  }

  add(sequences: readonly Uint8Array[]): void {
    this.#pages += sequences.length
    for (const { length } of sequences) this.#bytes += length
  }
}

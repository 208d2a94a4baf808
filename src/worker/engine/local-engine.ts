/**
 * The engine of the tab that writes, on the thread of this file: a dedicated worker where the application gives one, else
 * the window. The engine does not depend on which.
 */
import type { PeerSet } from '../../network/peers/peer-set.ts'
import { systemClock } from '../../runtime/clock.ts'
import { isOnline, watchConnectivity } from '../../runtime/connectivity.ts'
import type { Trace } from '../../runtime/trace.ts'
import { yieldThread } from '../../runtime/yield-thread.ts'
import type { ClosedReason } from '../../store/database/connection.ts'
import type { StateStore } from '../../store/state-store.ts'
import { SyncError } from '../../sync/errors.ts'
import type { SyncProgress } from '../../sync/progress.ts'
import type { Keccak } from '../../trie/keccak.ts'
import { ReadError } from '../../wallet/errors.ts'
import type { ProofInput, SlotNumber } from '../../wallet/input.ts'
import { parseRoot, parseTrust } from '../../wallet/parse.ts'
import { scopeOf } from '../../wallet/scope-keys.ts'
import type {
  AccountValue,
  Answer,
  Engine,
  EngineEvent,
  ExportedState,
  ImportSummary,
  ProofValue,
  ReadAt,
  StorageReport,
  SyncTarget,
  TabRole,
  VerifyProgress,
  VerifySummary,
} from '../engine.ts'
import type { ForegroundWork } from '../serving/foreground-work.ts'
import { Backups } from './backups.ts'
import { Compaction } from './compaction.ts'
import type { PeerNetwork } from './peer-network.ts'
import { readQuota } from './quota.ts'
import { accountRead, clientStatusOf, codeRead, hexOf, proofRead, type StateRead, slotRead } from './reads.ts'
import { ReadsOnDemand } from './reads-on-demand.ts'
import { SyncRunner } from './sync-runner.ts'
import { type Claim, SyncSlot } from './sync-slot.ts'
import { Tasks } from './tasks.ts'

export interface LocalEngineParts {
  readonly store: StateStore
  readonly keccak: Keccak
  readonly chainId: number
  readonly peers: PeerSet
  /** The network of these peers. */
  readonly network: PeerNetwork
  readonly foreground: ForegroundWork
  readonly emit: (event: EngineEvent) => void
  readonly trace: Trace | null
}

export class LocalEngine implements Engine {
  readonly #store: StateStore
  readonly #emit: (event: EngineEvent) => void
  readonly #trace: Trace | null
  readonly #network: PeerNetwork
  readonly #reads: ReadsOnDemand
  readonly #compaction: Compaction
  readonly #slot = new SyncSlot()
  readonly #runner: SyncRunner
  readonly #tasks = new Tasks()
  readonly #backups: Backups
  #isClosed = false
  readonly #stopWatching: () => void

  constructor({ store, keccak, chainId, peers, network, foreground, emit, trace }: LocalEngineParts) {
    this.#store = store
    this.#emit = emit
    this.#trace = trace
    this.#network = network
    this.#backups = new Backups(store, keccak, chainId)
    const compaction = new Compaction({ store, keccak, clock: systemClock, yieldThread, trace })
    const reads = new ReadsOnDemand({
      ...{ store, keccak, peers, network, foreground, yieldThread, clock: systemClock, trace },
      running: () => this.#slot.running,
      settled: () => this.#slot.settled(),
    })
    this.#compaction = compaction
    this.#reads = reads
    this.#runner = new SyncRunner({ store, keccak, peers, network, foreground, reads, compaction, emit, trace })
    peers.onChange(() => emit({ kind: 'peers', peers: peers.snapshots() }))
    this.#stopWatching = watchConnectivity(() => this.#meetConnectivity())
  }

  async sync(id: number, target: SyncTarget): Promise<SyncProgress> {
    const [trusted, scope] = [parseTrust(target), scopeOf(target)]
    return this.#supersede(id, (claim) => this.#runner.run(claim, trusted, scope))
  }

  async cancel(id: number): Promise<void> {
    await this.#slot.cancel(id)
  }

  /** Cancels: this engine knows one caller. `writer-calls.ts` knows the tabs. */
  leave(id: number): Promise<void> {
    return this.cancel(id)
  }

  async resume(id: number): Promise<void> {
    this.#slot.runningOf(id)?.sync.resume()
  }

  async getAccount(address: string, at: ReadAt | undefined): Promise<Answer<AccountValue | null>> {
    return this.#read(at, accountRead(address))
  }

  async getStorageAt(address: string, slot: SlotNumber, at: ReadAt | undefined): Promise<Answer<string>> {
    return this.#read(at, slotRead(address, slot))
  }

  async getCode(address: string, at: ReadAt | undefined): Promise<Answer<string>> {
    return this.#read(at, codeRead(address))
  }

  async getProof(address: string, slots: readonly SlotNumber[], at: ReadAt | undefined): Promise<Answer<ProofValue>> {
    return this.#read(at, proofRead(address, slots))
  }

  async addProof(proof: ProofInput, at: ReadAt | undefined): Promise<Answer<ProofValue>> {
    this.#checkOpen()
    const root = await this.#reads.addProof(at, proof)
    const slots = proof.storageProof?.map(({ key }) => key) ?? []
    return this.#read(root, proofRead(proof.address, slots))
  }

  async keep(): Promise<void> {
    this.#slot.running?.sync.keep()
    await this.#reads.keep()
  }

  async abort(id: number): Promise<void> {
    this.#backups.abortExport(id)
    await this.#tasks.abort(id)
  }

  async verify(id: number): Promise<VerifySummary> {
    this.#checkOpen()
    return this.#tasks.run(id, async (signal) => {
      const onProgress = (progress: VerifyProgress) => this.#emit({ kind: 'verifying', id, progress })
      const summary = await this.#store.verify({ signal, onProgress })
      if (summary === null) throw new ReadError('notSynced', 'no state is complete on disk')
      return { ...summary, root: hexOf(summary.root) }
    })
  }

  async openExport(): Promise<ExportedState> {
    this.#checkOpen()
    return this.#backups.openExport()
  }

  async readExport(id: number, state: ExportedState, at: number): Promise<Uint8Array | null> {
    this.#checkOpen()
    return this.#tasks.run(id, (signal) => this.#backups.readExport(id, state, at, signal))
  }

  async import(id: number, root: string | null): Promise<ImportSummary> {
    const expected = root === null ? null : parseRoot(root)
    const { run, stop } = this.#backups.openImport(id, expected)
    const runAlone = async () => {
      await this.#compaction.stop()
      return run()
    }
    return this.#supersede(id, runAlone, stop).finally(() => stop(null))
  }

  feed(id: number, at: number, chunk: Uint8Array | null): Promise<boolean> {
    return this.#backups.feed(id, at, chunk)
  }

  async storage(): Promise<StorageReport> {
    this.#checkOpen()
    const { generations, ...rest } = this.#store.storage()
    const told = generations.map(({ root, ...others }) => ({ root: hexOf(root), ...others }))
    return { generations: told, ...rest, ...(await readQuota()) }
  }

  async wipe(): Promise<void> {
    this.#checkOpen()
    const reason = new SyncError('wiped', 'the state was wiped')
    const ended = Promise.all([this.#slot.revoke(reason), this.#tasks.abortAll(reason)])
    const wiping = ended.then(() => this.#compaction.stop()).then(() => this.#wipeStore())
    // A sync asked for meanwhile begins behind the wipe, as behind a sync.
    this.#slot.hold(wiping)
    await wiping
  }

  async status() {
    this.#checkOpen()
    return clientStatusOf(this.#store)
  }

  async settledStatus() {
    this.#checkOpen()
    await this.#reads.settle()
    return this.status()
  }

  /** Always the writer: `tab-engine.ts` has the follower. */
  async role(): Promise<TabRole> {
    return 'writer'
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#tasks.abortAll(new SyncError('closed', 'the client was closed'))
    await this.#slot.revoke(new SyncError('closed', 'the client was closed'))
    await this.#reads.keep()
    this.#reads.stop(new ReadError('closed', 'the client was closed'))
    await this.#compaction.stop()
    this.#stopWatching()
    await this.#network.stop()
    await this.#store.close()
  }

  async #wipeStore(): Promise<void> {
    this.#reads.forget()
    await this.#store.wipe()
    this.#trace?.('store', 'wiped', {})
  }

  /** Goes on with an interrupted compaction, if a complete state is on disk. */
  goOn(): void {
    if (this.#store.lastComplete() !== null && this.#store.isSettled) void this.#compaction.start()
  }

  /** Ends the running sync, because the database was closed: otherwise the sync would fail at its next commit only. */
  loseStore(reason: ClosedReason): void {
    this.#trace?.('store', 'closed', { reason })
    this.#emit({ kind: 'storeClosed', reason })
    const error = new SyncError('storeFailed', `the database was closed: ${reason}`, { details: { reason } })
    void this.#slot.revoke(error)
  }

  /** Handles the loss or return of the network. On return, waiting dials start at once. */
  #meetConnectivity(): void {
    if (isOnline()) this.#network.redial()
    this.#slot.running?.sync.nudge()
  }

  /** Ends the newest sync, or the import in its place, then calls `run`. */
  async #supersede<T>(id: number, run: (claim: Claim) => Promise<T>, stop: Claim['stop'] = null): Promise<T> {
    this.#checkOpen()
    return this.#slot.supersede(id, run, stop)
  }

  async #read<T>(at: ReadAt | undefined, read: StateRead<T>): Promise<Answer<T>> {
    this.#checkOpen()
    return this.#reads.read(at, read)
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new SyncError('closed', 'the client was closed')
  }
}

/**
 * The engine itself, on whatever thread this file runs: wires store, network and sync. In a dedicated worker where the
 * application gives one, else in the window; nothing here knows which.
 */
import { parsePeer } from '../../network/address.ts'
import { PeerSet } from '../../network/peers/peer-set.ts'
import type { WindowCaller } from '../../network/window/window-caller.ts'
import { systemClock } from '../../runtime/clock.ts'
import { isOnline, watchConnectivity } from '../../runtime/connectivity.ts'
import { LazyPart } from '../../runtime/lazy-part.ts'
import type { Trace } from '../../runtime/trace.ts'
import { yieldThread } from '../../runtime/yield-thread.ts'
import type { ClosedReason } from '../../store/database/connection.ts'
import type { StateTarget } from '../../store/generations/choose-generation.ts'
import type { Generation } from '../../store/generations/generation.ts'
import { openStateStore, type StateStore } from '../../store/state-store.ts'
import { RETRY_EMPTY_MS } from '../../sync/constants.ts'
import { SyncError } from '../../sync/errors.ts'
import type { SyncProgress } from '../../sync/progress.ts'
import { StateSync } from '../../sync/state-sync.ts'
import { createFastKeccak } from '../../trie/fast-keccak.ts'
import type { Keccak } from '../../trie/keccak.ts'
import { scanAccount } from '../../trie/leaf.ts'
import { ReadError } from '../../wallet/errors.ts'
import { checkHeader } from '../../wallet/header.ts'
import type { ProofInput, SlotNumber } from '../../wallet/input.ts'
import { parseRoot, parseTrust, type Trusted } from '../../wallet/parse.ts'
import { scopeOf } from '../../wallet/scope-keys.ts'
import type {
  AccountValue,
  Answer,
  Engine,
  EngineEvent,
  EngineOptions,
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
import { ForegroundWork } from '../serving/foreground-work.ts'
import { toPlainError } from '../to-plain-error.ts'
import { Backups } from './backups.ts'
import { Compaction } from './compaction.ts'
import { findHeader } from './find-header.ts'
import { PeerNetwork } from './peer-network.ts'
import { readQuota } from './quota.ts'
import { accountRead, codeRead, hexOf, proofRead, type StateRead, slotRead, statusOf } from './reads.ts'
import { ReadsOnDemand, type RunningSync } from './reads-on-demand.ts'
import { Tasks } from './tasks.ts'

/** One call of `sync`, from its first moment to its end. */
interface Claim {
  readonly id: number
  /** Why it has to end before its time. */
  revoked: SyncError | null
  /** What it runs, once the disk has answered. */
  running: RunningSync | null
  /** Ends what is no sync and runs in the place of one. */
  stop: ((reason: SyncError) => void) | null
  /** Tells that {@link running} is set. */
  onRunning: () => void
  /** Resolves then, or when it has ended before. */
  started: Promise<unknown>
  /** Settles when it has ended; never rejects. */
  ended: Promise<unknown>
}

const tabServing = new LazyPart('what serves other tabs', () => import('../serving/serving.ts'))

/**
 * Opens the database and dials nobody: the first sync does, or the first read that misses something. Rejects with `badMultiaddr`, or with what
 * the store rejects with.
 */
export async function createLocalEngine(
  options: EngineOptions,
  emit: (event: EngineEvent) => void,
  windowNode: WindowCaller | null = null,
  trace: Trace | null = null,
): Promise<Engine> {
  const addresses = options.peers.map((address) => parsePeer(address))
  const keccak = await createFastKeccak()
  let onClosed = (_: ClosedReason) => {}
  const { chainId, serve } = options
  const peers = new PeerSet()
  const network = new PeerNetwork({ peers, addresses, chainId, windowNode, clock: systemClock, trace })
  try {
    const store = await openStateStore({
      database: options.database,
      chainId,
      keccak,
      onDamage: (damage) => {
        trace?.('store', 'damaged', { kind: 'code' in damage ? 'code' : 'page' })
        emit({ kind: 'damaged', damage })
      },
      onClosed: (reason) => onClosed(reason),
      // Without a state on disk there will be a sync: what it takes is loaded while the disk is read.
      onNothingComplete: () => network.prepare(),
    })
    const foreground = new ForegroundWork()
    if (serve !== null) {
      // Lazily: most tabs serve nobody.
      network.serve(async () => {
        const { TabServing } = await tabServing.load()
        return new TabServing({ store, chainId, limits: serve, clock: systemClock, foreground, trace })
      })
    }
    const engine = new LocalEngine({ store, keccak, chainId, peers, network, foreground, emit, trace })
    onClosed = (reason) => engine.loseStore(reason)
    engine.goOn()
    return engine
  } catch (error) {
    await network.stop()
    throw error
  }
}

interface LocalEngineParts {
  readonly store: StateStore
  readonly keccak: Keccak
  readonly chainId: number
  readonly peers: PeerSet
  /** Of these peers. */
  readonly network: PeerNetwork
  readonly foreground: ForegroundWork
  readonly emit: (event: EngineEvent) => void
  readonly trace: Trace | null
}

class LocalEngine implements Engine {
  readonly #store: StateStore
  readonly #keccak: Keccak
  readonly #emit: (event: EngineEvent) => void
  readonly #trace: Trace | null
  readonly #peers: PeerSet
  readonly #network: PeerNetwork
  readonly #foreground: ForegroundWork
  readonly #reads: ReadsOnDemand
  readonly #compaction: Compaction
  /** The newest sync; it may have ended. */
  #claim: Claim | null = null
  readonly #tasks = new Tasks()
  readonly #backups: Backups
  #isClosed = false
  readonly #stopWatching: () => void

  constructor({ store, keccak, chainId, peers, network, foreground, emit, trace }: LocalEngineParts) {
    this.#store = store
    this.#keccak = keccak
    this.#emit = emit
    this.#trace = trace
    this.#peers = peers
    this.#network = network
    this.#backups = new Backups(store, keccak, chainId)
    this.#foreground = foreground
    this.#reads = new ReadsOnDemand({
      ...{ store, keccak, peers, network, foreground, yieldThread, clock: systemClock, trace },
      running: () => this.#claim?.running ?? null,
      settled: async () => void (await this.#claim?.started),
    })
    this.#compaction = new Compaction({ store, keccak, clock: systemClock, yieldThread, trace })
    this.#peers.onChange(() => emit({ kind: 'peers', peers: this.#peers.snapshots() }))
    this.#stopWatching = watchConnectivity(() => this.#meetConnectivity())
  }

  async sync(id: number, target: SyncTarget): Promise<SyncProgress> {
    const [trusted, scope] = [parseTrust(target), scopeOf(target)]
    return this.#supersede(id, async (claim) => this.#run(claim, { ...(await this.#learn(claim, trusted)), scope }))
  }

  /** Ends the newest sync, or what is in its place, and runs `run` behind it. */
  async #supersede<T>(id: number, run: (claim: Claim) => Promise<T>, stop: Claim['stop'] = null): Promise<T> {
    this.#checkOpen()
    const superseded = this.#revoke(new SyncError('superseded', 'another sync took the place of this one'))
    const claim = claimOf(id, superseded)
    claim.stop = stop
    this.#claim = claim
    const result = superseded.then(() => {
      // While the one before ended, this one may have been revoked.
      if (claim.revoked !== null) throw claim.revoked
      return run(claim)
    })
    claim.ended = result.catch(() => {})
    void claim.ended.then(claim.onRunning)
    return result
  }

  async cancel(id: number): Promise<void> {
    if (this.#claim?.id === id) await this.#revoke(new SyncError('cancelled', 'the sync was cancelled'))
  }

  /** Nobody else is known here: see `writer-calls.ts`. */
  leave(id: number): Promise<void> {
    return this.cancel(id)
  }

  async resume(id: number): Promise<void> {
    if (this.#claim?.id === id) this.#claim.running?.sync.resume()
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
    this.#claim?.running?.sync.keep()
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
    const ended = Promise.all([this.#revoke(reason), this.#tasks.abortAll(reason)])
    const wiping = ended.then(() => this.#compaction.stop()).then(() => this.#wipeStore())
    // A sync that is asked for meanwhile begins behind it, as behind a sync.
    this.#claim = claimOf(
      NO_SYNC,
      wiping.catch(() => {}),
    )
    this.#claim.onRunning()
    await wiping
  }

  async status() {
    this.#checkOpen()
    return statusOf(this.#store)
  }

  async settledStatus() {
    this.#checkOpen()
    await this.#reads.settle()
    return this.status()
  }

  /** Nobody else is known here: see `tab-engine.ts`. */
  async role(): Promise<TabRole> {
    return 'writer'
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#tasks.abortAll(new SyncError('closed', 'the client was closed'))
    await this.#revoke(new SyncError('closed', 'the client was closed'))
    await this.#reads.keep()
    this.#reads.stop(new ReadError('closed', 'the client was closed'))
    await this.#compaction.stop()
    this.#stopWatching()
    await this.#network.stop()
    await this.#store.close()
  }

  /** What a sync has to know of its target: of a trusted block, what is in its header. */
  async #learn(claim: Claim, trusted: Trusted): Promise<Omit<StateTarget, 'scope'>> {
    if ('root' in trusted) return trusted
    const header = trusted.header ?? (await this.#findHeader(claim, trusted.block))
    const { stateRoot, number } = checkHeader(trusted.block, header)
    return { root: parseRoot(stateRoot), blockNumber: number, header }
  }

  async #findHeader(claim: Claim, block: Uint8Array): Promise<Uint8Array> {
    const revoked = new Promise<never>((_, reject) => {
      claim.stop = reject
    })
    const found = findHeader(block, {
      find: (hash) => this.#reads.header(hash),
      onStalled: (reason, details) => this.#emit({ kind: 'stalled', id: claim.id, reason, details }),
      pause: () => Promise.race([revoked, new Promise<void>((resolve) => systemClock.after(RETRY_EMPTY_MS, resolve))]),
    })
    return Promise.race([found, revoked]).finally(() => {
      claim.stop = null
    })
  }

  async #run(claim: Claim, target: StateTarget): Promise<SyncProgress> {
    await this.#compaction.stop()
    await this.#reads.keep() // what reads have fetched is not fetched again
    const generation = await this.#store.target(target)
    // While the one before ended and the disk answered, this one may have been revoked.
    if (claim.revoked !== null) throw claim.revoked
    this.#network.start()
    const sync = this.#createSync(claim.id, target.root, generation)
    claim.running = { sync, generation }
    this.#trace?.('store', 'began', { ...stateOf(generation), whole: target.scope?.isAll ?? true })
    claim.onRunning()
    try {
      const summary = await this.#foreground.sync(() => sync.run())
      this.#trace?.('store', 'completed', stateOf(generation))
      this.#reads.meetComplete()
      if (claim.revoked === null) void this.#compaction.start()
      return summary
    } catch (error) {
      this.#trace?.('sync', 'ended', { error: String(error) })
      throw error
    } finally {
      claim.running = null
    }
  }

  async #wipeStore(): Promise<void> {
    this.#reads.forget()
    await this.#store.wipe()
    this.#trace?.('store', 'wiped', {})
  }

  /** With a state on disk, a compaction that was cut short goes on. */
  goOn(): void {
    if (this.#store.lastComplete() !== null && this.#store.isSettled) void this.#compaction.start()
  }

  /** The database was closed under us: a sync that runs would learn it at its next commit only. */
  loseStore(reason: ClosedReason): void {
    this.#trace?.('store', 'closed', { reason })
    this.#emit({ kind: 'storeClosed', reason })
    const error = new SyncError('storeFailed', `the database was closed: ${reason}`, { details: { reason } })
    void this.#revoke(error)
  }

  /** The machine has lost its network, or has it again: then nobody waits out a pause between two dials. */
  #meetConnectivity(): void {
    if (isOnline()) this.#network.redial()
    this.#claim?.running?.sync.nudge()
  }

  #createSync(id: number, root: Uint8Array, generation: Generation): StateSync {
    const wireBytesBefore = this.#peers.wireBytes()
    const sync: StateSync = new StateSync({
      root,
      generation: () => generation.number,
      disk: generation,
      peers: this.#peers,
      keccak: this.#keccak,
      leaf: scanAccount,
      clock: systemClock,
      yieldThread,
      isOnline,
      isYielding: () => this.#reads.isBusy,
      receivedBytes: () => this.#peers.wireBytes() - wireBytesBefore,
      onProgress: (progress) => {
        this.#emit({ kind: 'progress', id, progress, coverage: sync.coverage() })
        this.#emit({ kind: 'peers', peers: this.#peers.snapshots() })
      },
      estimateStorage: readQuota,
      onStalled: (reason, details) => this.#emit({ kind: 'stalled', id, reason, details }),
      loadFailure: () => this.#network.loadFailure,
      trace: this.#trace,
      onPaused: (error) => this.#emit({ kind: 'paused', id, reason: 'storageFull', error: toPlainError(error) }),
    })
    return sync
  }

  /** Ends the newest sync, unless it has ended, and waits until it has written what it verified. */
  async #revoke(error: SyncError): Promise<void> {
    const claim = this.#claim
    if (claim === null) return
    claim.revoked ??= error
    claim.running?.sync.cancel(error)
    claim.stop?.(error)
    await claim.ended
  }

  async #read<T>(at: ReadAt | undefined, read: StateRead<T>): Promise<Answer<T>> {
    this.#checkOpen()
    return this.#reads.read(at, read)
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new SyncError('closed', 'the client was closed')
  }
}

function stateOf({ root, number }: Generation) {
  return { root: hexOf(root), generation: number }
}

/** A claim that nothing is known of but its name, and what has to end before it. */
function claimOf(id: number, ended: Promise<unknown>): Claim {
  let onRunning = () => {}
  const started = new Promise<void>((resolve) => {
    onRunning = resolve
  })
  return { id, revoked: null, running: null, stop: null, onRunning, started, ended }
}

/** The id of what is no sync and holds its place. */
const NO_SYNC = -1

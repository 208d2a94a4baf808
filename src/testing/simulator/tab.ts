/**
 * One life of the syncing process: the real store, peer set, peers, sync, reads, exports and serving, over the
 * simulated disk and network. The parts are wired as in the engine. A crash ends this life, and everything in memory is
 * lost.
 */
import { PeerSet } from '../../network/peers/peer-set.ts'
import type { Wire } from '../../protocol/wire.ts'
import { keepTrying } from '../../runtime/keep-trying.ts'
import { LoadError } from '../../runtime/lazy-part.ts'
import type { Damage } from '../../store/generations/damage.ts'
import type { Generation } from '../../store/generations/generation.ts'
import { StateStore } from '../../store/state-store.ts'
import type { SyncError } from '../../sync/errors.ts'
import type { SyncPhase } from '../../sync/progress.ts'
import { StateSync } from '../../sync/state-sync.ts'
import type { Keccak } from '../../trie/keccak.ts'
import { scanAccount } from '../../trie/leaf.ts'
import { Backups } from '../../worker/engine/backups.ts'
import { Compaction } from '../../worker/engine/compaction.ts'
import type { StateRead } from '../../worker/engine/reads.ts'
import { ReadsOnDemand } from '../../worker/engine/reads-on-demand.ts'
import type { Answer, ReadAt } from '../../worker/engine.ts'
import { ForegroundWork } from '../../worker/serving/foreground-work.ts'
import { TabServing } from '../../worker/serving/serving.ts'
import type { SimulatedDisk } from './disk.ts'
import type { ThreadPlan } from './plan.ts'
import { ProcessClock } from './process-clock.ts'
import { processWire } from './process-wire.ts'
import { RequestLedger } from './request-ledger.ts'
import { SimulatedDialer, type SimulatedDialerOptions } from './simulated-dialer.ts'
import type { SimulatedState } from './states.ts'

export interface TabOptions extends Omit<SimulatedDialerOptions, 'peers' | 'onPeer' | 'run'> {
  readonly disk: SimulatedDisk
  readonly thread: ThreadPlan
  readonly isOnline: () => boolean
  /** Returns the last time when the machine had no network. */
  readonly lastOfflineMs: () => number
  /** How many attempts to load the dialer fail. Without a network every attempt fails. */
  readonly loadFailures: number
  readonly onLoadFailure: () => void
  readonly keccak: Keccak
  readonly onPhase: (phase: SyncPhase) => void
  /** Called if the store reports damage. No trial damages anything, so this is a failure. */
  readonly onDamage: (damage: Damage) => void
}

/** A sync running now, or about to run. */
export interface RunningSync {
  readonly state: SimulatedState
  readonly sync: StateSync
  readonly generation: Generation
  /** True once the sync was told to end: the sync may still be writing. */
  isEnding: boolean
}

/** The chain of every peer in a trial. */
const CHAIN_ID = 1
/** Limits far above the needs of a guest. Other tests check the limits. */
const SERVE_LIMITS = { uploadBytesPerSecond: 2 ** 30, maxRequests: 8, whileHidden: true, onMetered: true }
/** Few generations, so that a compaction is soon due. */
const MAX_GENERATIONS = 3

/** The parts of a tab with an open disk. */
interface OpenTab {
  readonly store: StateStore
  readonly reads: ReadsOnDemand
  readonly serving: TabServing
  readonly compaction: Compaction
  readonly backups: Backups
}

export class Tab {
  readonly peers: PeerSet
  readonly ledger: RequestLedger
  isDead = false
  /** Resolves once {@link isDead} is true. */
  readonly died: Promise<void>
  #onDeath = () => {}
  running: RunningSync | null = null
  /** The reason for not dialing, or `null` once the dialer is loaded. */
  loadFailure: LoadError | null = null
  readonly #options: TabOptions
  readonly #clock: ProcessClock
  readonly #keccak: Keccak
  readonly #dialer: SimulatedDialer
  readonly #foreground = new ForegroundWork()
  /** Start and duration of each sleep. */
  readonly #naps: { readonly atMs: number; readonly ms: number }[] = []
  readonly #watchers = new Set<() => void>()
  readonly #abort = new AbortController()
  #opening: Promise<OpenTab> | null = null
  #store: StateStore | null = null
  /** Resolves when the last requested sync runs, or has ended. */
  #started: Promise<void> = Promise.resolve()
  #exports = 0

  constructor(options: TabOptions) {
    this.#options = options
    this.died = new Promise((resolve) => {
      this.#onDeath = resolve
    })
    this.#clock = new ProcessClock(options.clock, options.random, options.lastOfflineMs)
    this.#keccak = this.#costly(options.keccak)
    this.peers = new PeerSet(this.#clock)
    this.ledger = new RequestLedger(this.#clock, () => this.running?.sync.openRequests() ?? [])
    const onPeer: SimulatedDialerOptions['onPeer'] = (peer) => this.ledger.watch(peer)
    const run = (task: () => void) => this.run(task)
    this.#dialer = new SimulatedDialer({ ...options, clock: this.#clock, peers: this.peers, onPeer, run })
    void this.#loadDialer()
  }

  /** Time as seen by the process. */
  get now(): number {
    return this.#clock.now()
  }

  /** Number of sleeps so far. */
  get sleeps(): number {
    return this.#naps.length
  }

  /** Returns the total duration of the sleeps begun at or after `ms`. */
  sleptSince(ms: number): number {
    return this.#naps.reduce((sum, nap) => (nap.atMs >= ms ? sum + nap.ms : sum), 0)
  }

  /** The store, once opened. */
  get store(): StateStore | null {
    return this.#store
  }

  /** True while the thread is busy or the machine asleep, or while a due task has not run yet. */
  get isAway(): boolean {
    return this.#clock.isAway
  }

  /** Runs `task` in the process as soon as the thread is free, and never if the process dies before. */
  run(task: () => void): void {
    this.#clock.run(task)
  }

  /** Stops everything for `ms`: the machine sleeps, or the browser suspends a hidden tab. */
  sleep(ms: number): void {
    this.#naps.push({ atMs: this.#clock.now(), ms })
    this.#clock.spend(ms)
    this.ledger.noteSleep()
  }

  /** Hides the tab: the browser may soon end the tab. */
  hide(): void {
    this.running?.sync.keep()
  }

  /** Reports to all parts that the machine has lost the network, or is online again. */
  meetConnectivity(): void {
    if (this.#options.isOnline()) this.#dialer.redial()
    for (const listener of [...this.#watchers]) listener()
    this.running?.sync.nudge()
  }

  /** Syncs `state` to the end. Rejects as the store and the sync do. */
  async sync(state: SimulatedState): Promise<void> {
    let onStarted = () => {}
    this.#started = new Promise((resolve) => {
      onStarted = resolve
    })
    try {
      const { store, compaction, reads } = await this.#open()
      await compaction.stop()
      await reads.keep()
      const generation = await store.target({ root: state.root })
      const sync = this.#createSync(state, generation, reads)
      this.running = { state, sync, generation, isEnding: false }
      onStarted()
      await this.#foreground.sync(() => sync.run())
      reads.meetComplete()
      if (this.running?.isEnding === false) void compaction.start()
    } finally {
      onStarted()
      this.running = null
      this.ledger.clear()
    }
  }

  /** Reads as an application does. Rejects as the engine's reads do. */
  async read<T>(at: ReadAt | undefined, read: StateRead<T>): Promise<Answer<T>> {
    const { reads } = await this.#open()
    return reads.read(at, read)
  }

  /** Yields the file of the last complete state in chunks. Throws as the engine's exports do. */
  async *export(): AsyncGenerator<Uint8Array, void, void> {
    const { backups } = await this.#open()
    const id = this.#exports++
    const { signal } = new AbortController()
    const state = await backups.openExport()
    for (let at = 0; ; ) {
      const chunk = await backups.readExport(id, state, at, signal)
      if (chunk === null) return
      at += chunk.length
      yield chunk
    }
  }

  /** Serves another tab, at the other end of `wire`. */
  welcome(peerId: string, wire: Wire): void {
    const run = (task: () => void) => this.run(task)
    const guest = { peerId, host: peerId, wire: processWire(wire, run), isWebRtc: true, hangUp: () => wire.close() }
    this.#open().then(
      ({ serving }) => serving.welcome(guest),
      () => wire.close(),
    )
  }

  #open(): Promise<OpenTab> {
    this.#opening ??= this.#create().catch((error) => {
      this.#opening = null // a full disk may have room the next time
      throw error
    })
    return this.#opening
  }

  async #create(): Promise<OpenTab> {
    const { disk, onDamage } = this.#options
    const [keccak, clock, foreground] = [this.#keccak, this.#clock, this.#foreground]
    const now = () => clock.now()
    const yieldThread = () => clock.yieldThread()
    // The store yields for longer, so that much can happen between two reads of the disk.
    const options = { keccak, now, yieldThread: () => clock.yieldLonger(), onDamage, maxGenerations: MAX_GENERATIONS }
    const store = await StateStore.over(disk.connect(clock), options)
    const reads = new ReadsOnDemand({
      ...{ store, keccak, clock, foreground, yieldThread },
      peers: this.peers,
      network: this.#network(),
      running: () => this.running,
      settled: () => this.#started,
    })
    const compaction = new Compaction({ store, keccak, clock, yieldThread })
    const serving = new TabServing({ store, chainId: CHAIN_ID, limits: SERVE_LIMITS, clock, foreground })
    serving.start()
    this.#store = store
    return { store, reads, serving, compaction, backups: new Backups(store, keccak, CHAIN_ID) }
  }

  /** Returns the network for reads. `start` does nothing, because the dialer has started with the process. */
  #network() {
    const { peers } = this
    const { isOnline } = this.#options
    const loadFailure = () => this.loadFailure
    return {
      start: () => {},
      canCome: true,
      get loadFailure() {
        return loadFailure()
      },
      get mayCome() {
        return isOnline() && peers.snapshots().some(({ state }) => state === 'connecting')
      },
    }
  }

  #createSync(state: SimulatedState, generation: Generation, reads: ReadsOnDemand): StateSync {
    const { disk, thread, isOnline } = this.#options
    const [keccak, clock] = [this.#keccak, this.#clock]
    return new StateSync({
      root: state.root,
      isYielding: () => reads.isBusy,
      loadFailure: () => this.loadFailure,
      generation: () => generation.number,
      disk: generation,
      peers: this.peers,
      keccak,
      leaf: scanAccount,
      clock,
      yieldThread: () => clock.yieldThread(),
      sliceBytes: thread.sliceBytes,
      pageBytes: disk.options.plan.pageBytes,
      isOnline,
      onProgress: ({ phase }) => this.#options.onPhase(phase),
    })
  }

  /** Ends the running sync: {@link sync} rejects. */
  cancel(error: SyncError): void {
    if (this.running === null) return
    this.running.isEnding = true
    this.running.sync.cancel(error)
  }

  /** Ends the process: no task ever runs again. */
  die(): void {
    this.isDead = true
    this.#onDeath()
    this.running = null
    this.#clock.die()
    this.#abort.abort()
    this.#dialer.die()
  }

  /** Loads the dialer with retries, as every lazy part is loaded. Never rejects. */
  async #loadDialer(): Promise<void> {
    const { isOnline, loadFailures, onLoadFailure } = this.#options
    let failures = 0
    const load = async () => {
      if (isOnline() && failures++ >= loadFailures) return
      throw new LoadError('loadFailed', 'as the trial wants it', { details: { part: 'what dials' } })
    }
    const onFailure = (error: unknown) => {
      this.loadFailure = error as LoadError
      this.peers.changed()
      onLoadFailure()
    }
    const watch = (listener: () => void) => {
      this.#watchers.add(listener)
      return () => void this.#watchers.delete(listener)
    }
    const options = { clock: this.#clock, signal: this.#abort.signal, watch, onFailure }
    await keepTrying(load, options).then(
      () => {
        this.loadFailure = null
        this.#dialer.start()
      },
      () => {}, // the process has died
    )
  }

  /** Makes hashing cost time on the thread. Hashing is the main work of a tab. */
  #costly(keccak: Keccak): Keccak {
    const digest: Keccak['digest'] = (message) => {
      this.#clock.spend(this.#options.thread.nodeMs)
      return keccak.digest(message)
    }
    return { ...keccak, digest }
  }
}

/**
 * One life of the process that syncs: the real store, peer set, peers and sync, wired as the engine wires them, over the
 * simulated disk and network. It ends in a crash, and takes everything in memory with it.
 */
import { PeerSet } from '../../network/peer-set.ts'
import { StateStore } from '../../store/state-store.ts'
import type { SyncError } from '../../sync/errors.ts'
import { StateSync } from '../../sync/loop.ts'
import type { SyncPhase } from '../../sync/progress.ts'
import type { Keccak } from '../../trie/keccak.ts'
import { scanAccount } from '../../trie/leaf.ts'
import type { SimulatedDisk } from './disk.ts'
import type { ThreadPlan } from './plan.ts'
import { ProcessClock } from './process-clock.ts'
import { RequestLedger } from './request-ledger.ts'
import { SimulatedDialer, type SimulatedDialerOptions } from './simulated-dialer.ts'
import type { SimulatedState } from './states.ts'

export interface TabOptions extends Omit<SimulatedDialerOptions, 'peers' | 'onPeer' | 'run'> {
  readonly disk: SimulatedDisk
  readonly thread: ThreadPlan
  readonly isOnline: () => boolean
  readonly keccak: Keccak
  readonly onPhase: (phase: SyncPhase) => void
}

/** A sync that runs, or is about to. */
export interface RunningSync {
  readonly state: SimulatedState
  readonly sync: StateSync
  readonly generation: number
  /** It was told to end: it may be writing what it has. */
  isEnding: boolean
}

export class Tab {
  readonly peers: PeerSet
  readonly ledger: RequestLedger
  isDead = false
  running: RunningSync | null = null
  readonly #options: TabOptions
  readonly #clock: ProcessClock
  readonly #keccak: Keccak
  readonly #dialer: SimulatedDialer
  #store: StateStore | null = null

  constructor(options: TabOptions) {
    this.#options = options
    this.#clock = new ProcessClock(options.clock, options.random)
    this.#keccak = this.#costly(options.keccak)
    this.peers = new PeerSet(this.#clock)
    this.ledger = new RequestLedger(this.#clock, () => this.running?.sync.openRequests() ?? [])
    const onPeer: SimulatedDialerOptions['onPeer'] = (peer) => this.ledger.watch(peer)
    const run = (task: () => void) => this.run(task)
    this.#dialer = new SimulatedDialer({ ...options, clock: this.#clock, peers: this.peers, onPeer, run })
    this.#dialer.start()
  }

  /** What is stored, once it was opened. */
  get store(): StateStore | null {
    return this.#store
  }

  /** True while its thread is busy or its machine asleep, or something that came meanwhile has not run yet. */
  get isAway(): boolean {
    return this.#clock.isAway
  }

  /** Runs `task` in the process, as soon as its thread is free; never, if it dies before. */
  run(task: () => void): void {
    this.#clock.run(task)
  }

  /** The machine sleeps, or the browser holds a hidden tab back: nothing runs for `ms`. */
  sleep(ms: number): void {
    this.#clock.spend(ms)
    this.ledger.noteSleep()
  }

  /** The tab is hidden: it may be gone soon. */
  hide(): void {
    this.running?.sync.keep()
  }

  /** The machine has lost its network, or has it again. */
  meetConnectivity(): void {
    if (this.#options.isOnline()) this.#dialer.redial()
    this.running?.sync.nudge()
  }

  /** Syncs `state` to its end. Rejects as the store and the sync do. */
  async sync(state: SimulatedState): Promise<void> {
    const { disk, thread, isOnline } = this.#options
    const keccak = this.#keccak
    const clock = this.#clock
    const now = () => clock.now()
    const yieldThread = () => clock.yieldThread()
    this.#store ??= await StateStore.over(disk.connect(clock), { keccak, now, yieldThread })
    const generation = await this.#store.target({ root: state.root })
    const sync = new StateSync({
      root: state.root,
      generation: () => generation.number,
      disk: generation,
      peers: this.peers,
      keccak,
      leaf: scanAccount,
      clock,
      yieldThread,
      sliceBytes: thread.sliceBytes,
      isOnline,
      onProgress: ({ phase }) => this.#options.onPhase(phase),
    })
    this.running = { state, sync, generation: generation.number, isEnding: false }
    try {
      await sync.run()
    } finally {
      this.running = null
      this.ledger.clear()
    }
  }

  /** Ends the sync that runs; {@link sync} rejects. */
  cancel(error: SyncError): void {
    if (this.running === null) return
    this.running.isEnding = true
    this.running.sync.cancel(error)
  }

  /** Nothing of this process ever runs again. */
  die(): void {
    this.isDead = true
    this.running = null
    this.#clock.die()
    this.#dialer.die()
  }

  /** Hashing is what takes time in a tab. */
  #costly(keccak: Keccak): Keccak {
    const digest: Keccak['digest'] = (message) => {
      this.#clock.spend(this.#options.thread.nodeMs)
      return keccak.digest(message)
    }
    return { ...keccak, digest }
  }
}

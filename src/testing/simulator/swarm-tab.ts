/**
 * One tab of a swarm: the real store, peer set, peers and sync, wired as in the engine, over records in memory and the
 * swarm's network. Announces the stored part of the state once a second after a change, and serves this part to other
 * tabs.
 */
import { PeerSet } from '../../network/peers/peer-set.ts'
import { MemoryRecords } from '../../store/database/memory-records.ts'
import type { Records } from '../../store/database/records.ts'
import { StateStore } from '../../store/state-store.ts'
import { StateSync } from '../../sync/state-sync.ts'
import type { Keccak } from '../../trie/keccak.ts'
import { scanAccount } from '../../trie/leaf.ts'
import { END, ROOT_PATH } from '../../trie/path.ts'
import type { Random } from '../random.ts'
import { type Dialable, SimulatedDialer } from './simulated-dialer.ts'
import type { SimulatedState } from './states.ts'
import { Host } from './swarm-host.ts'
import type { Access } from './swarm-network.ts'

export interface SwarmTabOptions {
  readonly id: string
  readonly access: Access
  readonly random: Random
  readonly keccak: Keccak
  /** Called when a peer has left. */
  readonly onDeparture: () => void
}

/** Interval between two announcements of a tab. */
const STATUS_INTERVAL_MS = 1_000
/**
 * Two pages: a tab serves each page only once to each peer. A larger cache only takes memory, times a thousand tabs.
 */
const CACHE_BYTES = 128 * 1024
/** A number used by no generation. */
const NO_GENERATION = -1

export class SwarmTab {
  readonly host: Host
  readonly #options: SwarmTabOptions
  readonly #records: MemoryRecords
  readonly #store: StateStore
  /** The last announcement. */
  #announced = ''

  private constructor(options: SwarmTabOptions, records: MemoryRecords, store: StateStore) {
    this.#options = options
    this.#records = records
    this.#store = store
    this.host = new Host({ ...options, source: store.source() })
  }

  static async open(options: SwarmTabOptions): Promise<SwarmTab> {
    const records = new MemoryRecords()
    const now = () => options.access.clock.now()
    const storeOptions = { keccak: options.keccak, cacheBytes: CACHE_BYTES, now, yieldThread }
    return new SwarmTab(options, records, await StateStore.over(records, storeOptions))
  }

  /** The stored records, for checks. */
  get records(): Records {
    return this.#records
  }

  /** Dials all of `dialables`, syncs `state` to the end, and stays connected. Rejects as the store and the sync do. */
  async sync(state: SimulatedState, dialables: readonly Dialable[]): Promise<void> {
    const { access, random, keccak, onDeparture } = this.#options
    const { clock } = access
    const peers = new PeerSet(clock)
    new SimulatedDialer({ clock, random, peers, servers: dialables, onPeer: () => {}, onDeparture }).start()
    const { root } = state
    const generation = await this.#store.target({ root })
    const sync = new StateSync({
      root,
      generation: () => generation.number,
      disk: generation,
      peers,
      keccak,
      leaf: scanAccount,
      clock,
      yieldThread,
    })
    await sync.run()
  }

  /** Starts announcing the stored part of the state with this root. */
  serve(root: Uint8Array): void {
    const { clock } = this.#options.access
    const tell = () => {
      if (!this.#announce(root)) clock.after(STATUS_INTERVAL_MS, tell)
    }
    clock.after(STATUS_INTERVAL_MS * this.#options.random(), tell)
  }

  /** Announces the stored part if changed. Returns true once the tab has announced the whole state. */
  #announce(root: Uint8Array): boolean {
    const coverage = this.#store.others(NO_GENERATION)[0]?.stretches ?? []
    const text = coverage.map(({ start, end }) => `${start}-${end}`).join()
    if (text !== this.#announced) this.host.announce({ root, blockNumber: 0, coverage })
    this.#announced = text
    return coverage.length === 1 && coverage[0]!.start === ROOT_PATH && coverage[0]!.end === END
  }
}

function yieldThread(): Promise<void> {
  return Promise.resolve()
}

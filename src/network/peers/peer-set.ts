/**
 * All known peers: the connected ones, which the sync loop asks, and the dialed, departed and banned ones, shown in the
 * application's list. The set itself dials no peer: `dialer.ts` dials, and reports to the set.
 */
import { type Clock, systemClock } from '../../runtime/clock.ts'
import type { Transport } from '../address.ts'
import { MAX_BANS } from '../constants.ts'
import type { Departure } from '../departure.ts'
import type { LeaveReason } from '../error.ts'
import { BanList } from './ban-list.ts'
import { Patience } from './patience.ts'
import type { NetworkPeer } from './peer.ts'
import { Score } from './score.ts'

/** The state of a peer: `connected → busy → connected` with open requests; `banned → disconnected` with time. */
export type PeerState = 'connecting' | 'connected' | 'busy' | 'disconnected' | 'banned'

/** A peer as plain data, for an application. */
export interface PeerSnapshot {
  /** The peer id; empty while unknown. */
  readonly id: string
  readonly transport: Transport
  readonly address: string
  readonly state: PeerState
  readonly bytesPerSecond: number
  readonly roundTripMs: number
  /**
   * The score, from -100 to 100. Useful answers raise the score, empty and late ones lower it, and it halves every five
   * minutes. Syncs and reads ask a peer with a score of -0.5 or less after all others.
   */
  readonly score: number
  /** The roots of the peer's Status, as `0x` and 64 hex digits. */
  readonly roots: readonly string[]
  /** The bytes received from the peer on all its connections. */
  readonly wireBytes: number
  /** The reason why the peer is not connected. */
  readonly reason?: LeaveReason
  /** A description of the reason. */
  readonly message?: string
}

/** The data of one address, connected or not. */
interface Known {
  readonly address: string
  readonly transport: Transport
  readonly score: Score
  id: string
  state: 'connecting' | 'connected' | 'disconnected'
  peer: NetworkPeer | undefined
  departure: Departure | undefined
  wireBytes: number
}

/** The peers by address, their bans, and the listeners for changes. */
export class PeerSet {
  readonly #clock: Clock
  readonly #known = new Map<string, Known>()
  /** The bans, by id and by address. */
  readonly #bans: BanList
  /** The timeouts by address, of forgotten addresses too; the oldest first. */
  readonly #patience = new Map<string, Patience>()
  readonly #listeners = new Set<() => void>()
  #forgottenBytes = 0

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
    this.#bans = new BanList(clock)
  }

  /** Returns the peers ready for requests. */
  connected(): Iterable<NetworkPeer> {
    const peers: NetworkPeer[] = []
    for (const { peer } of this.#known.values()) if (peer !== undefined) peers.push(peer)
    return peers
  }

  /** Calls `listener` when a peer comes, leaves, changes its Status, or has room again. Returns a function to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Returns all peers not forgotten, in the order of their first dial. */
  snapshots(): PeerSnapshot[] {
    return [...this.#known.values()].map((known) => this.#snapshot(known))
  }

  /** Returns the bytes received from all peers, departed ones included. */
  wireBytes(): number {
    let bytes = this.#forgottenBytes
    for (const known of this.#known.values()) bytes += known.wireBytes + (known.peer?.wireBytes ?? 0)
    return bytes
  }

  /** Returns the score of the peer at `address`. The score outlives the peer's connections. */
  scoreOf(address: string, transport: Transport): Score {
    return this.#at(address, transport).score
  }

  /** Returns the timeout for the first answer of the peer at `address`. The timeout outlives the peer's connections. */
  patienceOf(address: string): Patience {
    const patience = this.#patience.get(address) ?? new Patience()
    this.#patience.delete(address)
    this.#patience.set(address, patience)
    const [oldest] = this.#patience.keys()
    if (this.#patience.size > MAX_BANS && oldest !== undefined) this.#patience.delete(oldest)
    return patience
  }

  /** `disconnected → connecting`: a dial of `address` begins. */
  connecting(address: string, transport: Transport): void {
    this.#at(address, transport).state = 'connecting'
    this.changed()
  }

  /** `connecting → connected`: `peer` is ready for requests. */
  join(peer: NetworkPeer): void {
    const known = this.#at(peer.address, peer.transport)
    known.id = peer.id
    known.peer = peer
    known.state = 'connected'
    known.departure = undefined
    this.changed()
  }

  /**
   * `connecting, connected → disconnected`: the dial failed, or the peer left. A ban keeps the peer out for a while.
   */
  leave(address: string, transport: Transport, departure: Departure, id?: string): void {
    const known = this.#at(address, transport)
    known.id = id ?? known.id
    known.wireBytes += known.peer?.wireBytes ?? 0
    known.peer = undefined
    known.state = 'disconnected'
    known.departure = departure
    if (departure.banMs > 0) {
      this.#bans.add(address, departure)
      if (known.id !== '') this.#bans.add(known.id, departure)
    }
    this.changed()
  }

  /** Removes the peer at `address` from the list. Its bans stay, and its bytes still count. */
  forget(address: string): void {
    const known = this.#known.get(address)
    if (known === undefined) return
    this.#forgottenBytes += known.wireBytes + (known.peer?.wireBytes ?? 0)
    this.#known.delete(address)
    this.changed()
  }

  /** Returns the reason for the ban of an id or address and its remaining time; undefined: no ban. */
  banOf(idOrAddress: string): Departure | undefined {
    return this.#bans.of(idOrAddress)
  }

  /** Ends the ban of the peer at `address` if the only reason is silence: the network is back. */
  pardonSilence(address: string): void {
    this.#bans.pardonSilence(address)
    const id = this.#known.get(address)?.id
    if (id !== undefined) this.#bans.pardonSilence(id)
  }

  /** Returns the connected peer with this id. */
  byId(id: string): NetworkPeer | undefined {
    for (const { peer } of this.#known.values()) if (peer?.id === id) return peer
    return undefined
  }

  /** Calls the listeners. Also called when a peer has changed its Status, or has room again. */
  changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  #at(address: string, transport: Transport): Known {
    const found = this.#known.get(address)
    if (found !== undefined) return found
    const known: Known = {
      address,
      transport,
      score: new Score(),
      id: '',
      state: 'disconnected',
      peer: undefined,
      departure: undefined,
      wireBytes: 0,
    }
    this.#known.set(address, known)
    return known
  }

  #snapshot(known: Known): PeerSnapshot {
    const { id, transport, address, departure, peer } = known
    return {
      id,
      transport,
      address,
      state: this.#state(known),
      bytesPerSecond: peer?.bytesPerSecond ?? 0,
      roundTripMs: peer?.roundTripMs ?? 0,
      score: known.score.at(this.#clock.now()),
      roots: peer?.roots ?? [],
      wireBytes: known.wireBytes + (peer?.wireBytes ?? 0),
      ...(departure === undefined ? {} : { reason: departure.reason }),
      ...(departure?.message === undefined ? {} : { message: departure.message }),
    }
  }

  #state({ state, address, id, peer }: Known): PeerState {
    if (peer !== undefined) return peer.isBusy ? 'busy' : 'connected'
    if ((this.banOf(address) ?? this.banOf(id)) !== undefined) return 'banned'
    return state
  }
}

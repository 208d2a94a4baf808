/**
 * All peers that this node knows of: those connected now, which the sync loop asks, and those that are being dialed, have
 * left or are kept out, which the application's list shows. It connects to nobody: `dialer.ts` does, and tells.
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

/** `connected → busy → connected` with the requests that are open; `banned → disconnected` with time. */
export type PeerState = 'connecting' | 'connected' | 'busy' | 'disconnected' | 'banned'

/** A peer as an application shows it: plain data. */
export interface PeerSnapshot {
  /** The peer id; the empty string as long as it is not known. */
  readonly id: string
  readonly transport: Transport
  readonly address: string
  readonly state: PeerState
  readonly bytesPerSecond: number
  readonly roundTripMs: number
  /**
   * From -100 to 100. Useful answers raise the score, empty and late answers lower it, and it halves every five minutes. A
   * peer below zero is asked after all others, by syncs and by reads.
   */
  readonly score: number
  /** The roots of its Status, as `0x` and 64 hex digits. */
  readonly roots: readonly string[]
  /** Bytes received from it on all its connections. */
  readonly wireBytes: number
  /** Why it is not connected. */
  readonly reason?: LeaveReason
  /** What happened, in words. */
  readonly message?: string
}

/** What is known about one address, connected or not. */
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

/** The peers by address, the bans, and who wants to know of changes. */
export class PeerSet {
  readonly #clock: Clock
  readonly #known = new Map<string, Known>()
  /** By id and by address. */
  readonly #bans: BanList
  /** By address, also of those that were forgotten; the oldest first. */
  readonly #patience = new Map<string, Patience>()
  readonly #listeners = new Set<() => void>()
  #forgottenBytes = 0

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
    this.#bans = new BanList(clock)
  }

  /** The peers that can be asked now. */
  connected(): Iterable<NetworkPeer> {
    const peers: NetworkPeer[] = []
    for (const { peer } of this.#known.values()) if (peer !== undefined) peers.push(peer)
    return peers
  }

  /** Calls `listener` whenever a peer has come, gone, changed its Status, or has room again. Returns the way to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** All peers that were ever known here, in the order of their first dial. */
  snapshots(): PeerSnapshot[] {
    return [...this.#known.values()].map((known) => this.#snapshot(known))
  }

  /** Bytes received from all peers, those that left included. */
  wireBytes(): number {
    let bytes = this.#forgottenBytes
    for (const known of this.#known.values()) bytes += known.wireBytes + (known.peer?.wireBytes ?? 0)
    return bytes
  }

  /** The score of the peer at `address`; it outlives its connections. */
  scoreOf(address: string, transport: Transport): Score {
    return this.#at(address, transport).score
  }

  /** How long the peer at `address` may take for its first answer; it outlives its connections. */
  patienceOf(address: string): Patience {
    const patience = this.#patience.get(address) ?? new Patience()
    this.#patience.delete(address)
    this.#patience.set(address, patience)
    const [oldest] = this.#patience.keys()
    if (this.#patience.size > MAX_BANS && oldest !== undefined) this.#patience.delete(oldest)
    return patience
  }

  /** `disconnected → connecting`: the peer at `address` is being dialed. */
  connecting(address: string, transport: Transport): void {
    this.#at(address, transport).state = 'connecting'
    this.changed()
  }

  /** `connecting → connected`: `peer` can be asked from now on. */
  join(peer: NetworkPeer): void {
    const known = this.#at(peer.address, peer.transport)
    known.id = peer.id
    known.peer = peer
    known.state = 'connected'
    known.departure = undefined
    this.changed()
  }

  /** `connecting, connected → disconnected`: dialing failed, or the peer left; with a ban it may not come back for a while. */
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

  /** Shows the peer at `address` no more; its bans stay. What it has sent goes on counting. */
  forget(address: string): void {
    const known = this.#known.get(address)
    if (known === undefined) return
    this.#forgottenBytes += known.wireBytes + (known.peer?.wireBytes ?? 0)
    this.#known.delete(address)
    this.changed()
  }

  /** Why the peer with this id or address is kept out, and for how long from now on; undefined: it is welcome. */
  banOf(idOrAddress: string): Departure | undefined {
    return this.#bans.of(idOrAddress)
  }

  /** Lets the peer at `address` come back if nothing is held against it but silence: the network is back. */
  pardonSilence(address: string): void {
    this.#bans.pardonSilence(address)
    const id = this.#known.get(address)?.id
    if (id !== undefined) this.#bans.pardonSilence(id)
  }

  /** The connected peer with this id. */
  byId(id: string): NetworkPeer | undefined {
    for (const { peer } of this.#known.values()) if (peer?.id === id) return peer
    return undefined
  }

  /** Tells the listeners; a peer calls it when its Status has changed, or when it has room again. */
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

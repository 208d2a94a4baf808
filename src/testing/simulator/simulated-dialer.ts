/**
 * Keeps a tab's peers connected, as the real dialer does over libp2p: it dials again after pauses that grow, and waits out
 * bans. The connections are the simulation's, the peers are the real ones.
 */
import type { Departure } from '../../network/blame.ts'
import { MAX_REDIAL_MS, MIN_REDIAL_MS, STABLE_CONNECTION_MS } from '../../network/constants.ts'
import { NetworkPeer } from '../../network/peer.ts'
import type { PeerSet } from '../../network/peer-set.ts'
import type { Clock } from '../../protocol/clock.ts'
import { statusOf } from '../../protocol/messages.ts'
import type { Wire } from '../../protocol/wire.ts'
import type { Random } from '../random.ts'
import { processWire } from './process-wire.ts'
import type { Server } from './server.ts'

/** Whom a tab can dial. */
export interface Dialable {
  readonly id: string
  readonly plan: { readonly roundTripMs: number }
  readonly isReachable: boolean
  /** A connection, with the tab's end of it. */
  accept(): Dialed
}

export interface Dialed {
  readonly tab: Wire & { die(): void }
}

export interface SimulatedDialerOptions<S extends Dialable = Server> {
  readonly clock: Clock
  readonly random: Random
  readonly peers: PeerSet
  readonly servers: readonly S[]
  /** Runs what the network brings, when the process can; at once, if left out. */
  readonly run?: (task: () => void) => void
  /** False while the machine has no network: nobody is reached. */
  readonly isOnline?: () => boolean
  /** A peer is about to be asked for the first time. */
  readonly onPeer: (peer: NetworkPeer) => void
  /** A connection has ended, or a peer that had left was found out. */
  readonly onDeparture: (server: S, departure: Departure) => void
}

/** What is going on at one server. */
interface Line<S extends Dialable> {
  readonly server: S
  failures: number
  peer: NetworkPeer | undefined
  link: Dialed | undefined
  connectedAt: number
  /** Ends the wait for the next dial. */
  stopWaiting: (() => void) | undefined
}

export class SimulatedDialer<S extends Dialable = Server> {
  readonly #options: SimulatedDialerOptions<S>
  readonly #lines: Line<S>[]

  constructor(options: SimulatedDialerOptions<S>) {
    this.#options = options
    this.#lines = options.servers.map((server) => {
      return { server, failures: 0, peer: undefined, link: undefined, connectedAt: 0, stopWaiting: undefined }
    })
  }

  /** Begins to dial everybody. */
  start(): void {
    for (const line of this.#lines) this.#dial(line)
  }

  /** Dials at once whoever is waited for: the network is back. */
  redial(): void {
    for (const line of this.#lines) {
      if (line.stopWaiting === undefined) continue
      line.stopWaiting()
      line.failures = 0
      this.#dial(line)
    }
  }

  /** The process is gone: its connections are lost. */
  die(): void {
    for (const { link } of this.#lines) link?.tab.die()
  }

  #dial(line: Line<S>): void {
    const { peers, clock, isOnline } = this.#options
    line.stopWaiting = undefined
    const ban = peers.banOf(line.server.id)
    if (ban !== undefined) {
      this.#wait(line, ban.banMs)
      return
    }
    peers.connecting(line.server.id, 'websocket')
    clock.after(line.server.plan.roundTripMs, () => {
      if (line.server.isReachable && isOnline?.() !== false) void this.#greet(line)
      else this.#miss(line, { reason: 'dialFailed', banMs: 0 })
    })
  }

  /** `dialing → connected`, or `→ waiting`. Never rejects. */
  async #greet(line: Line<S>): Promise<void> {
    const { peers, clock, onPeer, run = (task) => task() } = this.#options
    const { server } = line
    const link = server.accept()
    const peer = new NetworkPeer({
      id: server.id,
      address: server.id,
      transport: 'websocket',
      wire: processWire(link.tab, run),
      status: statusOf(1),
      score: peers.scoreOf(server.id, 'websocket'),
      clock,
      onStatus: () => peers.changed(),
      onLeave: (departure) => this.#onLeave(line, peer, departure),
      onLateBlame: (departure) => this.#onLateBlame(line, departure),
    })
    onPeer(peer)
    Object.assign(line, { link, peer, connectedAt: clock.now() })
    try {
      await peer.start()
    } catch {
      return // it has left, and onLeave was told
    }
    if (peer.departure === undefined) peers.join(peer)
  }

  #onLeave(line: Line<S>, peer: NetworkPeer, departure: Departure): void {
    if (line.peer !== peer) return
    if (this.#options.clock.now() - line.connectedAt >= STABLE_CONNECTION_MS) line.failures = 0
    this.#options.onDeparture(line.server, departure)
    this.#miss(line, departure)
  }

  /** It may be back already, and if not, may not come back for a while. */
  #onLateBlame(line: Line<S>, departure: Departure): void {
    this.#options.onDeparture(line.server, departure)
    const again = this.#options.peers.byId(line.server.id)
    if (again !== undefined) again.disconnect(departure)
    else this.#options.peers.leave(line.server.id, 'websocket', departure, line.server.id)
  }

  #miss(line: Line<S>, departure: Departure): void {
    line.peer = undefined
    line.link = undefined
    const pauseMs = Math.min(MAX_REDIAL_MS, MIN_REDIAL_MS * 2 ** line.failures++) * (0.5 + 0.5 * this.#options.random())
    this.#wait(line, Math.max(pauseMs, departure.banMs))
    this.#options.peers.leave(line.server.id, 'websocket', departure, line.server.id)
  }

  #wait(line: Line<S>, ms: number): void {
    line.stopWaiting = this.#options.clock.after(ms, () => this.#dial(line))
  }
}

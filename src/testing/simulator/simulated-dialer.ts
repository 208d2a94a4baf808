/**
 * Keeps a tab's peers connected, as the real dialer does over libp2p. Dials again after growing pauses, and waits until
 * bans end. The connections are simulated, the peers are real.
 */

import { MAX_REDIAL_MS, MIN_REDIAL_MS, STABLE_CONNECTION_MS } from '../../network/constants.ts'
import type { Departure } from '../../network/departure.ts'
import { NetworkPeer } from '../../network/peers/peer.ts'
import type { PeerSet } from '../../network/peers/peer-set.ts'
import { statusOf } from '../../protocol/messages.ts'
import type { Wire } from '../../protocol/wire.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Random } from '../random.ts'
import { processWire } from './process-wire.ts'
import type { Server } from './server.ts'

/** A machine a tab can dial. */
export interface Dialable {
  readonly id: string
  readonly plan: { readonly roundTripMs: number }
  readonly isReachable: boolean
  /** Accepts a connection, and returns the tab's end. */
  accept(): Dialed
}

interface Dialed {
  readonly tab: Wire & { die(): void }
}

export interface SimulatedDialerOptions<S extends Dialable = Server> {
  readonly clock: Clock
  readonly random: Random
  readonly peers: PeerSet
  readonly servers: readonly S[]
  /** Runs arrivals from the network when the process can. If absent, arrivals run at once. */
  readonly run?: (task: () => void) => void
  /** Returns false while the machine has no network: all dials fail. */
  readonly isOnline?: () => boolean
  /** Called before the first request to a peer. */
  readonly onPeer: (peer: NetworkPeer) => void
  /** Called when a connection has ended, or when a peer gone already turns out to have lied. */
  readonly onDeparture: (server: S, departure: Departure) => void
}

/** State of the connection to one server. */
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

  /** Starts dialing all servers. */
  start(): void {
    for (const line of this.#lines) this.#dial(line)
  }

  /** Dials all waiting servers at once, because the network is back. */
  redial(): void {
    for (const line of this.#lines) {
      if (line.stopWaiting === undefined) continue
      line.stopWaiting()
      line.failures = 0
      this.#dial(line)
    }
  }

  /** Ends the process: all connections are lost. */
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

  /** Moves the line from `dialing` to `connected`, or to `waiting`. Never rejects. */
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
      return // the peer has left, and onLeave has run
    }
    if (peer.departure === undefined) peers.join(peer)
  }

  #onLeave(line: Line<S>, peer: NetworkPeer, departure: Departure): void {
    if (line.peer !== peer) return
    if (this.#options.clock.now() - line.connectedAt >= STABLE_CONNECTION_MS) line.failures = 0
    this.#options.onDeparture(line.server, departure)
    this.#miss(line, departure)
  }

  /** Bans a peer blamed after leaving. If the peer has already come back, its new connection ends. */
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

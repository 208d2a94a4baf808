/**
 * The window's side of WebRTC: a libp2p node, ours or the application's, the relays, and the page's conditions. Loads
 * nothing at first. The writing tab starts the node; a stopped node can be started again.
 */
import type { Libp2p } from '@libp2p/interface'
import { PROTOCOL_ID } from '../../protocol/constants.ts'
import { systemClock } from '../../runtime/clock.ts'
import { type PeerAddress, parsePeer, parseRelay } from '../address.ts'
import { MAX_STREAMS_PER_CONNECTION, PEERS_PROTOCOL_ID } from '../constants.ts'
import { DialError } from '../dial-error.ts'
import { tellPeers } from '../finding/peer-exchange.ts'
import { PeerFinder } from '../finding/peer-finder.ts'
import { RelayKeeper } from '../finding/relay-keeper.ts'
import { denyUnnamed } from '../guards/gater.ts'
import { callerOf, guestOf } from '../libp2p/libp2p-caller.ts'
import { createWebRtcNode } from '../libp2p/webrtc-node.ts'
import type { Link } from '../link.ts'
import { watchConditions } from './watch-conditions.ts'
import type { WindowCaller, WindowHandlers } from './window-caller.ts'

export interface WindowNodeOptions {
  /** The application's peers, including those with WebSockets. */
  readonly peers: readonly string[]
  readonly relays: readonly string[]
  readonly rtcConfiguration: RTCConfiguration
  /** True if other tabs may ask this tab. */
  readonly isServing: boolean
  /** The application's own node, started and stopped by the application. */
  readonly node: Libp2p | null
  /** Called when {@link WindowNode.addresses} has changed. */
  readonly onAddresses: () => void
}

type Stop = () => Promise<void> | void

/** The parts of a started node. */
interface Running {
  readonly node: Libp2p
  /** The functions to stop all parts, in order. */
  readonly stops: readonly Stop[]
}

/** See the head of this file. */
export class WindowNode implements WindowCaller {
  readonly #options: WindowNodeOptions
  readonly #relays
  readonly #named
  #running: Running | null = null
  /** Resolves after all starts and stops so far. Never rejects. */
  #turn: Promise<void> = Promise.resolve()
  #addresses: readonly string[] = []

  /** Checks the options. Throws `badMultiaddr`. */
  constructor(options: WindowNodeOptions) {
    this.#options = options
    this.#relays = options.relays.map(parseRelay)
    this.#named = options.peers.map((peer) => parsePeer(peer).multiaddr)
  }

  /** The addresses at which other tabs can dial this tab. */
  get addresses(): readonly string[] {
    return this.#addresses
  }

  /** Starts the node, after a running stop. */
  start(handlers: WindowHandlers): Promise<void> {
    return this.#inTurn(async () => {
      this.#running ??= await this.#run(handlers)
    })
  }

  async dial(address: PeerAddress, signal: AbortSignal): Promise<Link> {
    await this.#turn
    if (this.#running === null)
      throw new DialError({ reason: 'dialFailed', banMs: 0, message: 'WebRTC is not running' })
    return callerOf(this.#running.node).dial(address, signal)
  }

  stop(): Promise<void> {
    return this.#inTurn(async () => {
      const running = this.#running
      this.#running = null
      if (running === null) return
      await stopAll(running.stops)
      this.#setAddresses([])
    })
  }

  /** Runs actions one after the other: a start during a stop would use a node that is just ending. */
  #inTurn(action: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(action)
    this.#turn = done.catch(() => {})
    return done
  }

  async #run(handlers: WindowHandlers): Promise<Running> {
    const { rtcConfiguration, isServing, node: theirs } = this.#options
    const node =
      theirs ??
      (await createWebRtcNode({
        named: this.#named,
        relays: this.#relays,
        isListening: isServing,
        rtcConfiguration,
      }))
    const relays = new RelayKeeper({
      relays: this.#relays,
      dial: (relay, options) => node.dial(relay, options),
      clock: systemClock,
      random: Math.random,
    })
    const stops: Stop[] = [() => relays.stop()]
    try {
      if (isServing) stops.push(...(await this.#serve(node, handlers)))
    } catch (error) {
      // A half-finished start on the application's node would hinder the next start.
      await stopAll([() => node.unhandle([PROTOCOL_ID, PEERS_PROTOCOL_ID])])
      if (theirs === null) await node.stop()
      throw error
    }
    const finder = new PeerFinder({
      node,
      clock: systemClock,
      isDenied: denyUnnamed([...this.#named, ...this.#relays]),
      onFound: (address) => handlers.onFound(address),
    })
    finder.start()
    relays.start()
    stops.unshift(() => finder.stop())
    stops.push(watchConditions((conditions) => handlers.onConditions(conditions)))
    if (theirs === null) stops.push(async () => node.stop())
    return { node, stops }
  }

  async #serve(node: Libp2p, handlers: WindowHandlers): Promise<Stop[]> {
    await node.handle(PROTOCOL_ID, (stream, connection) => handlers.onGuest(guestOf(node, stream, connection)), {
      maxInboundStreams: MAX_STREAMS_PER_CONNECTION,
    })
    await tellPeers(node)
    const tell = () => {
      const addresses = node.getMultiaddrs().map((address) => address.toString())
      this.#setAddresses(addresses.filter((address) => address.includes('/webrtc')))
    }
    node.addEventListener('self:peer:update', tell)
    tell()
    return [
      () => node.removeEventListener('self:peer:update', tell),
      () => node.unhandle([PROTOCOL_ID, PEERS_PROTOCOL_ID]),
    ]
  }

  #setAddresses(addresses: readonly string[]): void {
    if (addresses.join() === this.#addresses.join()) return
    this.#addresses = addresses
    this.#options.onAddresses()
  }
}

/** Calls all functions, even after one fails: the rest of a failed part ends with the node. */
async function stopAll(stops: readonly Stop[]): Promise<void> {
  for (const stop of stops) {
    try {
      await stop()
    } catch {
      // See above.
    }
  }
}

/**
 * The window's side of WebRTC: a libp2p node, one of ours or the application's, its relays, and what the user does with the
 * page. Begins with nothing loaded, and can be started again when it was stopped: the tab that writes has it.
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
  /** The application's peers, those of WebSockets included. */
  readonly peers: readonly string[]
  readonly relays: readonly string[]
  readonly rtcConfiguration: RTCConfiguration
  /** Whether other tabs may ask this one. */
  readonly isServing: boolean
  /** The application's own node, which it starts and stops itself. */
  readonly node: Libp2p | null
  /** {@link WindowNode.addresses} has changed. */
  readonly onAddresses: () => void
}

type Stop = () => Promise<void> | void

/** What there is while it runs. */
interface Running {
  readonly node: Libp2p
  /** In the order in which they have to be called. */
  readonly stops: readonly Stop[]
}

/** See the head of this file. */
export class WindowNode implements WindowCaller {
  readonly #options: WindowNodeOptions
  readonly #relays
  readonly #named
  #running: Running | null = null
  /** Ends when all starts and stops so far have; never rejects. */
  #turn: Promise<void> = Promise.resolve()
  #addresses: readonly string[] = []

  /** Throws `badMultiaddr`. */
  constructor(options: WindowNodeOptions) {
    this.#options = options
    this.#relays = options.relays.map(parseRelay)
    this.#named = options.peers.map((peer) => parsePeer(peer).multiaddr)
  }

  /** Where other tabs can dial this one. */
  get addresses(): readonly string[] {
    return this.#addresses
  }

  /** Waits for a stop that is under way. */
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

  /** One after the other: a start in the middle of a stop would be of a node that is on its way out. */
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
      // Half of it may stand on a node that is the application's, and would be in the way of the next start.
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

/** Each is called, also behind one that fails: what is left of that ends with the node. */
async function stopAll(stops: readonly Stop[]): Promise<void> {
  for (const stop of stops) {
    try {
      await stop()
    } catch {
      // See above.
    }
  }
}

/**
 * A libp2p node of a window. Dials peers over WebRTC and relays over WebSockets, and may listen for other tabs over its
 * relays. Loaded only when WebRTC is requested.
 */
import type { Libp2p, PeerId, TopologyFilter } from '@libp2p/interface'
import { FaultTolerance } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { systemClock } from '../../runtime/clock.ts'
import { LazyPart } from '../../runtime/lazy-part.ts'
import {
  DIAL_TIMEOUT_MS,
  MAX_CONNECTIONS_PER_PEER,
  MAX_TAB_CONNECTIONS,
  MAX_WEBRTC_BUFFERED_BYTES,
  WEBRTC_MESSAGE_BYTES,
} from '../constants.ts'
import { burstPerHost, InboundGater, inboundGaters, type StandingLimits } from '../guards/connection-limits.ts'
import { denyUnnamed } from '../guards/gater.ts'
import { guardedTabWebRtc } from '../guards/guarded-tab-webrtc.ts'
import { libp2pModules, loadLibp2p } from './libp2p-parts.ts'

export interface WebRtcNodeOptions {
  /** The application's peers. Beside them and the relays, only public addresses may be dialed. */
  readonly named: readonly Multiaddr[]
  readonly relays: readonly Multiaddr[]
  /** True if other tabs can dial the node over its relays. */
  readonly isListening: boolean
  /** The configuration of WebRTC, such as ICE servers; none by default. */
  readonly rtcConfiguration: RTCConfiguration
}

/** libp2p's WebRTC, in this window. */
const webRtcParts = new LazyPart('WebRTC', () => import('./webrtc-parts.ts'))

const LIMITS: StandingLimits = {
  connections: MAX_TAB_CONNECTIONS,
  connectionsPerPeer: MAX_CONNECTIONS_PER_PEER,
  connectionsPerHost: MAX_TAB_CONNECTIONS,
}

/**
 * Starts a node. The node dials only on request. The caller stops the node with `node.stop()`. Rejects with
 * `loadFailed`.
 */
export async function createWebRtcNode(options: WebRtcNodeOptions): Promise<Libp2p> {
  const { named, relays, isListening, rtcConfiguration } = options
  const [{ createLibp2p, parts }, { circuitRelayTransport, webRTC, webRTCDirect }, { identifyPush }] =
    await Promise.all([loadLibp2p({ isTab: true }), webRtcParts.load(), libp2pModules.load()])
  const dataChannel = { maxBufferedAmount: MAX_WEBRTC_BUFFERED_BYTES }
  const gater = new InboundGater(LIMITS, () => node.getConnections(), systemClock)
  const node: Libp2p = await createLibp2p({
    ...parts,
    transports: [
      ...(parts.transports ?? []),
      circuitRelayTransport({ discoveryFilter: only(relays) }),
      guardedTabWebRtc(
        webRTC({ rtcConfiguration, dataChannel: { ...dataChannel, maxMessageSize: WEBRTC_MESSAGE_BYTES } }),
      ),
      // The specification fixes the size of messages.
      guardedTabWebRtc(webRTCDirect({ rtcConfiguration, dataChannel }), { isDirect: true }),
    ],
    // The relays learn the node's addresses by a push, and tell others.
    services: { ...parts.services, identifyPush: identifyPush() },
    // A reservation on each relay, taken on connecting.
    addresses: { listen: isListening ? [...relays.map(() => '/p2p-circuit'), '/webrtc'] : [] },
    // The node starts even if a relay is unreachable.
    transportManager: { faultTolerance: FaultTolerance.NO_FATAL },
    connectionGater: Object.assign(gater, { denyDialMultiaddr: denyUnnamed([...named, ...relays]) }),
    connectionManager: {
      maxConnections: MAX_TAB_CONNECTIONS,
      addressDialTimeout: DIAL_TIMEOUT_MS,
      // Never reached: the gater's limit comes first.
      inboundConnectionThreshold: 2 * burstPerHost(LIMITS),
    },
    // See `dialing-node.ts`.
    connectionMonitor: { enabled: false },
  })
  await node.start()
  inboundGaters.set(node, gater)
  return node
}

/**
 * Returns a filter for libp2p's search for relays: accepts only `relays`, each once while connected. libp2p would take
 * any peer that claims to be a relay.
 */
function only(relays: readonly Multiaddr[]): TopologyFilter {
  const ids = new Set(relays.map((relay) => relay.getComponents().find(({ name }) => name === 'p2p')?.value))
  const taken = new Set<string>()
  return {
    has: (peerId: PeerId) => !ids.has(peerId.toString()) || taken.has(peerId.toString()),
    add: (peerId: PeerId) => void taken.add(peerId.toString()),
    remove: (peerId: PeerId) => void taken.delete(peerId.toString()),
  }
}

/**
 * The libp2p node of a server. Listens for WebSockets and, if its native module is present, for WebRTC; may be a relay
 * as well. Node only: browsers never load this file.
 */
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'
import { systemClock } from '../../runtime/clock.ts'
import type { Trace } from '../../runtime/trace.ts'
import { parseListen } from '../address.ts'
import {
  CONNECTION_CHECK_INTERVAL_MS,
  CONNECTION_CHECK_TIMEOUT_MS,
  HOST_SMALL_FRAME_BURST,
  HOST_SMALL_FRAMES_PER_SECOND,
  HOST_STREAM_BURST,
  HOST_STREAMS_PER_SECOND,
  IDENTIFY_RATES,
  MAX_REQUEST_READ_BUFFER_BYTES,
  SPARE_STREAM_BURST,
  SPARE_STREAMS_PER_SECOND,
} from '../constants.ts'
import { NetworkError } from '../error.ts'
import {
  burstPerHost,
  type ConnectionLimits,
  DEFAULT_CONNECTION_LIMITS,
  InboundGater,
  inboundGaters,
} from '../guards/connection-limits.ts'
import { guardedWebRtc, type WebRtcGuard } from '../guards/guarded-webrtc.ts'
import { guardedWebSockets } from '../guards/guarded-websockets.ts'
import { limitedService } from '../guards/limited-service.ts'
import { RateAccounts } from '../guards/rate-accounts.ts'
import { type StreamRates, StreamShares } from '../guards/stream-shares.ts'
import { loadLibp2p } from './libp2p-parts.ts'
import { traceGater, traceNode } from './trace-node.ts'
import { isWebRtcDirect, loadWebRtcDirect } from './webrtc-direct.ts'

const HOST_SMALL_FRAMES = { perSecond: HOST_SMALL_FRAMES_PER_SECOND, burst: HOST_SMALL_FRAME_BURST }

/** Services added to a node, and a function to start them once the node listens. */
export interface NodeExtension {
  services(): Promise<NonNullable<Libp2pOptions['services']>>
  start(node: Libp2p): Promise<void>
}

export interface ListeningNodeOptions {
  /** Multiaddrs such as `/ip4/0.0.0.0/tcp/9000/ws` and `/ip4/0.0.0.0/udp/9000/webrtc-direct`. Port 0: any free port. */
  readonly listen: readonly string[]
  /** A key from {@link createPrivateKey}. Left out: a new identity at each start. */
  readonly privateKey?: Uint8Array
  /** Limits in place of {@link DEFAULT_CONNECTION_LIMITS}. */
  readonly connectionLimits?: Partial<ConnectionLimits>
  /** Makes the node a relay as well; see `finding/relay.ts`. */
  readonly relay?: NodeExtension
  /** Called if WebRTC is not available; the node then starts without. Left out: the node does not start. */
  readonly onWebRtcUnavailable?: (error: NetworkError) => void
  /** Notes each decision; `null` or left out: no notes. */
  readonly trace?: Trace | null
}

/**
 * Starts a node listening on all of `listen`, except for unavailable WebRTC. The node does not speak our protocol yet
 * (see `serve.ts`). The caller stops the node with `node.stop()`. Rejects with {@link NetworkError} `badMultiaddr`,
 * `badPrivateKey`, `webrtcUnavailable`, `addressInUse` or `listenFailed`; nothing listens then.
 */
export async function createListeningNode(options: ListeningNodeOptions): Promise<Libp2p> {
  for (const address of options.listen) parseListen(address)
  const privateKey = options.privateKey === undefined ? undefined : decodePrivateKey(options.privateKey)
  const relay = await options.relay?.services()
  const limits = { ...DEFAULT_CONNECTION_LIMITS, ...options.connectionLimits }
  const streams = new StreamShares(streamRates(limits), systemClock)
  const { createLibp2p, identify, parts } = await loadLibp2p({
    readBufferBytes: MAX_REQUEST_READ_BUFFER_BYTES,
    muxerGuard: { hosts: new RateAccounts(HOST_SMALL_FRAMES, systemClock), streams },
  })
  // Established and pending connections, and room for sockets just closing.
  const maxSockets = limits.connections + 2 * limits.pendingConnections
  const gater = new InboundGater(limits, () => node.getConnections(), systemClock, 'sockets')
  if (options.trace) traceGater(gater, options.trace)
  const { admits } = gater
  const { listen, transports } = await chooseTransports(options, {
    ...limits,
    admits,
    streams,
    onAbort: (host) => gater.strikeHost(host),
  })
  const webSockets = guardedWebSockets({ ...limits, maxSockets, admits, onAbort: (from) => gater.strike(from) })
  const node: Libp2p = await createLibp2p({
    ...parts,
    transports: [webSockets, ...transports],
    connectionGater: gater,
    services: { identify: limitedService(identify, IDENTIFY_RATES, systemClock), ...relay },
    ...(privateKey === undefined ? {} : { privateKey }),
    addresses: { listen: [...listen] },
    connectionManager: {
      maxConnections: limits.connections,
      // Never reached: the gater's limit comes first.
      inboundConnectionThreshold: 2 * burstPerHost(limits),
      // Our own limits count by host. libp2p still counts connections we have just closed.
      maxIncomingPendingConnections: 2 * limits.pendingConnections,
    },
    connectionMonitor: {
      pingInterval: CONNECTION_CHECK_INTERVAL_MS,
      pingTimeout: { minTimeout: CONNECTION_CHECK_TIMEOUT_MS },
    },
  })
  try {
    await node.start()
  } catch (cause) {
    await node.stop()
    throw listenError(listen, cause)
  }
  inboundGaters.set(node, gater)
  await options.relay?.start(node)
  if (options.trace) traceNode(node, gater, options.trace)
  return node
}

function streamRates({ connectionsPerHost }: ConnectionLimits): StreamRates {
  return {
    host: {
      perSecond: HOST_STREAMS_PER_SECOND * connectionsPerHost,
      burst: HOST_STREAM_BURST * connectionsPerHost,
    },
    connection: { perSecond: SPARE_STREAMS_PER_SECOND, burst: SPARE_STREAM_BURST },
  }
}

/** Returns the listening addresses, and the transports needed beside WebSockets. */
async function chooseTransports({ listen, onWebRtcUnavailable }: ListeningNodeOptions, guard: WebRtcGuard) {
  if (!listen.some(isWebRtcDirect)) return { listen, transports: [] }
  try {
    return { listen, transports: (await loadWebRtcDirect()).map((create) => guardedWebRtc(create, guard)) }
  } catch (error) {
    const others = listen.filter((address) => !isWebRtcDirect(address))
    if (onWebRtcUnavailable === undefined || others.length === 0 || !(error instanceof NetworkError)) throw error
    onWebRtcUnavailable(error)
    return { listen: others, transports: [] }
  }
}

/** Returns a new identity for a server or a relay, to be kept on disk: an Ed25519 key in libp2p's own protobuf. */
export async function createPrivateKey(): Promise<Uint8Array> {
  return privateKeyToProtobuf(await generateKeyPair('Ed25519'))
}

function decodePrivateKey(bytes: Uint8Array): PrivateKey {
  try {
    return privateKeyFromProtobuf(bytes)
  } catch (cause) {
    throw new NetworkError('badPrivateKey', 'not a private key of libp2p', { cause })
  }
}

function listenError(listen: readonly string[], cause: unknown): NetworkError {
  // libp2p describes the error of each address only in the message.
  const reason = cause instanceof Error ? /\bE[A-Z]+: [^\n]*/.exec(cause.message)?.[0] : undefined
  return reason?.startsWith('EADDRINUSE')
    ? new NetworkError('addressInUse', `in use already: ${listen.join()}`, { details: { got: listen }, cause })
    : new NetworkError(
        'listenFailed',
        `cannot listen on ${listen.join()}${reason === undefined ? '' : `: ${reason}`}`,
        { details: { got: listen }, cause },
      )
}

/**
 * The libp2p node of a server: it listens for WebSockets and, where its native module is there, for WebRTC, and can
 * be a relay. Node only, and imported by nothing that a browser loads.
 */
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'
import { systemClock } from '../../runtime/clock.ts'
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
import { isWebRtcDirect, loadWebRtcDirect } from './webrtc-direct.ts'

const HOST_SMALL_FRAMES = { perSecond: HOST_SMALL_FRAMES_PER_SECOND, burst: HOST_SMALL_FRAME_BURST }

/** Services added to a node, and what starts them once the node listens. */
export interface NodeExtension {
  services(): Promise<NonNullable<Libp2pOptions['services']>>
  start(node: Libp2p): Promise<void>
}

export interface ListeningNodeOptions {
  /** Multiaddrs such as `/ip4/0.0.0.0/tcp/9000/ws` and `/ip4/0.0.0.0/udp/9000/webrtc-direct`; port 0 takes any free one. */
  readonly listen: readonly string[]
  /** From {@link createPrivateKey}; left out: a new identity at each start. */
  readonly privateKey?: Uint8Array
  /** {@link DEFAULT_CONNECTION_LIMITS}, but for these. */
  readonly connectionLimits?: Partial<ConnectionLimits>
  /** Makes the node a relay as well; see `finding/relay.ts`. */
  readonly relay?: NodeExtension
  /** There is no WebRTC here: it goes on without. Left out: then it does not start. */
  readonly onWebRtcUnavailable?: (error: NetworkError) => void
}

/**
 * A node that listens on all of `listen` (but for WebRTC where that is not to be had); started, and speaking no protocol of ours yet (see `serve.ts`). The caller stops
 * it with `node.stop()`. Rejects with {@link NetworkError} `badMultiaddr`, `badPrivateKey`,
 * `webrtcUnavailable`, `addressInUse` or `listenFailed`; then nothing listens.
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
  // Those that stand and those that do not yet, and room for some that are just being closed.
  const maxSockets = limits.connections + 2 * limits.pendingConnections
  const gater = new InboundGater(limits, () => node.getConnections(), systemClock, 'sockets')
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
      // The gater's is the one that counts.
      inboundConnectionThreshold: 2 * burstPerHost(limits),
      // Ours are counted by host; those that we have closed are libp2p's for a moment still.
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

/** Where it listens, and what that takes beside WebSockets. */
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
  // libp2p tells what went wrong on each address in the message only.
  const reason = cause instanceof Error ? /\bE[A-Z]+: [^\n]*/.exec(cause.message)?.[0] : undefined
  return reason?.startsWith('EADDRINUSE')
    ? new NetworkError('addressInUse', `in use already: ${listen.join()}`, { details: { got: listen }, cause })
    : new NetworkError(
        'listenFailed',
        `cannot listen on ${listen.join()}${reason === undefined ? '' : `: ${reason}`}`,
        { details: { got: listen }, cause },
      )
}

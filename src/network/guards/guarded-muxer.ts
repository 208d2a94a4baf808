/**
 * Bounds the memory and work that a peer can cause below the streams. These end the connection:
 *
 * - frames larger than any window allows,
 * - endless frames without data,
 * - requests for replies (pongs, resets) without reading the replies,
 * - endless proposals of protocols.
 *
 * The connection and its streams then end with a {@link ConnectionError}.
 */
import type { MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import { Gcra } from '../../protocol/gcra.ts'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { ConnectionError } from '../connection-error.ts'
import {
  INBOUND_STREAM_BURST,
  INBOUND_STREAMS_PER_SECOND,
  MAX_CONNECTION_WRITE_BYTES,
  MAX_INBOUND_STREAMS,
  MAX_STREAM_WINDOW_BYTES,
  PING_BURST,
  PINGS_PER_SECOND,
  PROPOSAL_BURST,
  PROPOSALS_PER_SECOND,
  SMALL_FRAME_BURST,
  SMALL_FRAME_BYTES,
  SMALL_FRAMES_PER_SECOND,
} from '../constants.ts'
import { addressBelow } from './guarded-encrypter.ts'
import { guardNegotiation } from './guarded-negotiation.ts'
import { hostOf } from './host-of.ts'
import type { RateAccounts } from './rate-accounts.ts'
import type { StreamShares } from './stream-shares.ts'
import { type YamuxLimits, YamuxMeter } from './yamux-meter.ts'

const LIMITS: YamuxLimits = {
  maxFrameBytes: MAX_STREAM_WINDOW_BYTES,
  smallFrameBytes: SMALL_FRAME_BYTES,
  smallFrames: { perSecond: SMALL_FRAMES_PER_SECOND, burst: SMALL_FRAME_BURST },
  streams: { perSecond: INBOUND_STREAMS_PER_SECOND, burst: INBOUND_STREAM_BURST },
  pings: { perSecond: PINGS_PER_SECOND, burst: PING_BURST },
}

/**
 * yamux's errors about a peer breaking the rules. All other errors are our own, such as a connection that has ended.
 */
const YAMUX_VIOLATIONS =
  /^(InvalidFrameError|UnRequestedPingError|NotMatchingPingError|ReceiveWindowExceededError|InvalidParametersError)$/

/** The used part of libp2p's components. */
interface Components {
  readonly registrar: { getProtocols(): string[] }
}

type CreateFactory<C> = (components: C) => StreamMuxerFactory

/** The common insides of libp2p's muxers: the entry of frames, and of streams opened by the other side. */
interface Inside extends StreamMuxer {
  onData(data: Uint8Array | Uint8ArrayList): void
  onRemoteStream(stream: MessageStream): void
}

export interface MuxerGuard {
  /** Small frames of each host, over all connections. Left out: each connection has an account of its own. */
  readonly hosts?: RateAccounts
  /** The streams each host may open. Left out: each connection has only its own limit. */
  readonly streams?: StreamShares
  readonly clock?: Clock
}

/** Wraps `create`, which makes yamux. */
export function guardedMuxer<C>(
  create: CreateFactory<C>,
  { hosts, streams, clock = systemClock }: MuxerGuard = {},
): CreateFactory<C> {
  return (components) => {
    const factory = create(components)
    // libp2p has no registrar yet, but will have one before the first connection.
    const isSpoken = (protocol: string) => (components as C & Components).registrar.getProtocols().includes(protocol)
    return new Proxy(factory, {
      get(target, name) {
        if (name !== 'createStreamMuxer') return Reflect.get(target, name, target)
        return (connection: MessageStream) => {
          const end = (error: ConnectionError) => {
            // Streams first: they pass the reason on to their owners.
            muxer.abort(error)
            connection.abort(error)
          }
          const address = addressBelow(connection)
          const host = address === undefined ? undefined : hostOf(address)
          // Before yamux listens, so yamux never sees a refused frame.
          meter(connection, { end, clock, accountOfHost: host === undefined ? undefined : () => hosts?.of(host) })
          const muxer = target.createStreamMuxer(connection)
          guardStreams(muxer, { end, clock, isSpoken, opens: host === undefined ? undefined : streams?.of(host) })
          blame(muxer)
          return muxer
        }
      },
    })
  }
}

interface Meter {
  readonly end: (error: ConnectionError) => void
  readonly clock: Clock
  readonly accountOfHost: (() => Gcra | undefined) | undefined
}

function meter(connection: MessageStream, { end, clock, accountOfHost }: Meter): void {
  const yamux = new YamuxMeter(LIMITS, clock, accountOfHost)
  connection.maxWriteBufferLength = MAX_CONNECTION_WRITE_BYTES
  connection.addEventListener('message', (event) => {
    for (const chunk of event.data instanceof Uint8Array ? [event.data] : event.data) {
      if (yamux.accepts(chunk)) continue
      event.stopImmediatePropagation()
      end(new ConnectionError('muxerViolation', 'a frame of yamux that is too large, or too many of them'))
      return
    }
  })
}

interface StreamGuard {
  readonly end: (error: ConnectionError) => void
  readonly clock: Clock
  readonly isSpoken: (protocol: string) => boolean
  /**
   * Returns true if the connection's host may open one more stream. Left out: only the connection's own limit counts.
   */
  readonly opens?: (() => boolean) | undefined
}

/** Counts the streams opened by the other side on any muxer of libp2p, and the protocols proposed on them. */
export function guardStreams(muxer: StreamMuxer, { end, clock, isSpoken, opens }: StreamGuard): void {
  const inside = muxer as Inside
  if (typeof inside.onRemoteStream !== 'function') throw new Error('a muxer has no insides that can be guarded')
  const proposals = new Gcra({ perSecond: PROPOSALS_PER_SECOND, burst: PROPOSAL_BURST }, clock)
  const onRemoteStream = inside.onRemoteStream.bind(muxer)
  inside.onRemoteStream = (stream) => {
    // yamux has the same limit; WebRTC has none.
    const inbound = muxer.streams.filter(({ direction }) => direction === 'inbound').length
    if (!proposals.accepts(1) || opens?.() === false)
      return end(new ConnectionError('muxerViolation', 'too many streams'))
    if (inbound >= MAX_INBOUND_STREAMS) return stream.abort(new Error('too many streams'))
    guardNegotiation(stream, { isSpoken, takes: () => proposals.accepts(1), onViolation: end })
    onRemoteStream(stream)
  }
}

/** Replaces yamux's errors about a peer's violation by a {@link ConnectionError}, so the peer can be blamed. */
function blame(muxer: StreamMuxer): void {
  const inside = muxer as Inside
  const onData = inside.onData.bind(muxer)
  inside.onData = (data) => {
    try {
      onData(data)
    } catch (cause) {
      if (!(cause instanceof Error && YAMUX_VIOLATIONS.test(cause.name))) throw cause
      throw new ConnectionError('muxerViolation', `yamux: ${cause.message}`, { cause })
    }
  }
}

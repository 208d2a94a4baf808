/**
 * A stream muxer that a peer cannot make hold, or do, more than it may: frames that no window allowed, frames without end that
 * carry nothing, replies that the peer asks for (pongs, resets) and does not read, and protocols that are proposed without end
 * end the connection, with a {@link ConnectionError} on it and on its streams.
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

/** What yamux says of a peer that breaks its rules; other errors are our own trouble, such as a connection that has ended. */
const YAMUX_VIOLATIONS =
  /^(InvalidFrameError|UnRequestedPingError|NotMatchingPingError|ReceiveWindowExceededError|InvalidParametersError)$/

/** The part of libp2p's components that is used here. */
interface Components {
  readonly registrar: { getProtocols(): string[] }
}

type CreateFactory<C> = (components: C) => StreamMuxerFactory

/** What all muxers of libp2p are made of: this is how frames, and streams of the other side, come in. */
interface Inside extends StreamMuxer {
  onData(data: Uint8Array | Uint8ArrayList): void
  onRemoteStream(stream: MessageStream): void
}

export interface MuxerGuard {
  /** What each host has sent of small frames, all connections together. Left out: each connection is for itself. */
  readonly hosts?: RateAccounts
  /** What each host may open of streams. Left out: likewise. */
  readonly streams?: StreamShares
  readonly clock?: Clock
}

/** `create`, which makes yamux, guarded. */
export function guardedMuxer<C>(
  create: CreateFactory<C>,
  { hosts, streams, clock = systemClock }: MuxerGuard = {},
): CreateFactory<C> {
  return (components) => {
    const factory = create(components)
    // libp2p has no registrar yet; it does when there are connections.
    const isSpoken = (protocol: string) => (components as C & Components).registrar.getProtocols().includes(protocol)
    return new Proxy(factory, {
      get(target, name) {
        if (name !== 'createStreamMuxer') return Reflect.get(target, name, target)
        return (connection: MessageStream) => {
          const end = (error: ConnectionError) => {
            // Its streams first: they tell their owners why.
            muxer.abort(error)
            connection.abort(error)
          }
          const address = addressBelow(connection)
          const host = address === undefined ? undefined : hostOf(address)
          // Before yamux, so that it never sees what is refused here.
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
  /** Whether the host of the connection may have one more stream opened on it. Left out: as many as the connection may. */
  readonly opens?: (() => boolean) | undefined
}

/** Counts the streams that the other side opens on any muxer of libp2p, and what is proposed on them. */
export function guardStreams(muxer: StreamMuxer, { end, clock, isSpoken, opens }: StreamGuard): void {
  const inside = muxer as Inside
  if (typeof inside.onRemoteStream !== 'function') throw new Error('a muxer has no insides that can be guarded')
  const proposals = new Gcra({ perSecond: PROPOSALS_PER_SECOND, burst: PROPOSAL_BURST }, clock)
  const onRemoteStream = inside.onRemoteStream.bind(muxer)
  inside.onRemoteStream = (stream) => {
    // Yamux has the same limit, and WebRTC none.
    const inbound = muxer.streams.filter(({ direction }) => direction === 'inbound').length
    if (!proposals.accepts(1) || opens?.() === false)
      return end(new ConnectionError('muxerViolation', 'too many streams'))
    if (inbound >= MAX_INBOUND_STREAMS) return stream.abort(new Error('too many streams'))
    guardNegotiation(stream, { isSpoken, takes: () => proposals.accepts(1), onViolation: end })
    onRemoteStream(stream)
  }
}

/** What yamux ends a connection for has a name by which whoever has it knows that it is the peer's fault. */
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

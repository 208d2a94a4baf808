/**
 * A stream muxer that a peer cannot make hold more than it may: frames that no window allowed, and replies that the peer
 * asks for (pongs, resets) and does not read, end the connection.
 */
import type { MessageStream, StreamMuxerFactory } from '@libp2p/interface'
import { systemClock } from '../protocol/clock.ts'
import { ConnectionError } from './connection-error.ts'
import {
  INBOUND_STREAMS_PER_SECOND,
  MAX_CONNECTION_WRITE_BYTES,
  MAX_STREAM_WINDOW_BYTES,
  PING_BURST,
  PINGS_PER_SECOND,
} from './constants.ts'
import { type YamuxLimits, YamuxMeter } from './yamux-meter.ts'

const LIMITS: YamuxLimits = {
  maxFrameBytes: MAX_STREAM_WINDOW_BYTES,
  streams: { perSecond: INBOUND_STREAMS_PER_SECOND, burst: INBOUND_STREAMS_PER_SECOND },
  pings: { perSecond: PINGS_PER_SECOND, burst: PING_BURST },
}

/** What libp2p is given as a muxer. */
type CreateFactory = () => StreamMuxerFactory

/** `create`, which makes yamux, guarded. */
export function guardedMuxer(create: CreateFactory): CreateFactory {
  return () => {
    const factory = create()
    return new Proxy(factory, {
      get(target, name) {
        if (name !== 'createStreamMuxer') return Reflect.get(target, name, target)
        return (connection: MessageStream) => {
          guard(connection)
          return target.createStreamMuxer(connection)
        }
      },
    })
  }
}

/** Before yamux, so that it never sees what is refused here. */
function guard(connection: MessageStream): void {
  const meter = new YamuxMeter(LIMITS, systemClock)
  connection.maxWriteBufferLength = MAX_CONNECTION_WRITE_BYTES
  connection.addEventListener('message', (event) => {
    const chunks = event.data instanceof Uint8Array ? [event.data] : event.data
    for (const chunk of chunks) {
      if (meter.accepts(chunk)) continue
      event.stopImmediatePropagation()
      connection.abort(new ConnectionError('muxerViolation', 'a frame of yamux that is too large, or too many of them'))
      return
    }
  })
}

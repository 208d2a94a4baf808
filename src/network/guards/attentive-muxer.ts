/**
 * Ends a connection whose other side has fallen silent: pings a quiet connection, and waits for the pong. yamux's own
 * pings come every 30 s, and a missing answer has no consequence.
 */
import type { MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { ConnectionError } from '../connection-error.ts'
import { PONG_MS, QUIET_MS } from '../constants.ts'
import { SilenceWatch } from './silence-watch.ts'

/** The form in which libp2p takes a muxer. */
type CreateFactory<C> = (components: C) => StreamMuxerFactory

/** yamux, with more than libp2p's interface of a muxer. */
interface Pinging extends StreamMuxer {
  ping(): Promise<number>
}

/** Wraps `create`, which makes yamux, so each connection is watched. */
export function attentiveMuxer<C>(create: CreateFactory<C>, clock: Clock = systemClock): CreateFactory<C> {
  return (components) => {
    const factory = create(components)
    return new Proxy(factory, {
      get(target, name) {
        if (name !== 'createStreamMuxer') return Reflect.get(target, name, target)
        return (connection: MessageStream) => {
          const muxer = target.createStreamMuxer(connection)
          watch(connection, muxer as Pinging, clock)
          return muxer
        }
      },
    })
  }
}

function watch(connection: MessageStream, muxer: Pinging, clock: Clock): void {
  const silence = new SilenceWatch(clock, {
    quietMs: QUIET_MS,
    // A ping of yamux's own on its way counts too: yamux never gives up a ping. The ping fails when the connection
    // ends.
    ask: () => void muxer.ping().catch(() => {}),
    limitMs: PONG_MS,
    onSilence: () => {
      const error = new ConnectionError('silentPeer', 'no answer to a ping')
      // Streams first: they pass the reason on to their owners.
      muxer.abort(error)
      connection.abort(error)
    },
  })
  silence.start(connection)
}

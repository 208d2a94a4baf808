/**
 * A stream muxer that notices when the other side has fallen silent: while nothing comes it pings, and ends a connection
 * whose pong stays away. yamux's own pings come every 30 s, and nobody minds when they are not answered.
 */
import type { MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { ConnectionError } from '../connection-error.ts'
import { PONG_MS, QUIET_MS } from '../constants.ts'
import { SilenceWatch } from './silence-watch.ts'

/** What libp2p is given as a muxer. */
type CreateFactory<C> = (components: C) => StreamMuxerFactory

/** yamux, which can do more than libp2p asks of a muxer. */
interface Pinging extends StreamMuxer {
  ping(): Promise<number>
}

/** `create`, which makes yamux, with an eye on each connection. */
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
    // One that is on its way already, of yamux's own, counts: it is never given up. It fails when the connection ends.
    ask: () => void muxer.ping().catch(() => {}),
    limitMs: PONG_MS,
    onSilence: () => {
      const error = new ConnectionError('silentPeer', 'no answer to a ping')
      // Its streams first: they tell their owners why.
      muxer.abort(error)
      connection.abort(error)
    },
  })
  silence.start(connection)
}

/**
 * A service of libp2p that does no more for a peer, and for all peers of a host, than it was told to: answers, signatures and
 * dials cost it far more than the asking costs others. What is beyond is refused.
 */
import type { StreamHandler } from '@libp2p/interface'
import type { Clock } from '../../runtime/clock.ts'
import { RateLimiter, type RateLimits } from './rate-limiter.ts'

/** The part of libp2p's registrar that a service registers its protocols with. */
interface Registrar {
  handle(protocol: string, handler: StreamHandler, options: object): Promise<void>
  unhandle(protocol: string): Promise<void>
}

/** `create`, whose streams are let in at `rates`. libp2p's own middleware keeps every handler that it has run. */
export function limitedService<C, S>(
  create: (components: C) => S,
  rates: RateLimits,
  clock: Clock,
): (components: C) => S {
  const limits = new RateLimiter(rates, clock)
  const limited =
    (handler: StreamHandler): StreamHandler =>
    (stream, connection) => {
      if (limits.accepts(connection)) return handler(stream, connection)
      stream.abort(new Error('more is asked than is done for one'))
    }
  return (components) => {
    const { registrar } = components as C & { readonly registrar: Registrar }
    const ours: Registrar = Object.create(registrar, {
      handle: {
        value: (protocol: string, handler: StreamHandler, options: object) =>
          registrar.handle(protocol, limited(handler), options),
      },
      unhandle: { value: (protocol: string) => registrar.unhandle(protocol) },
    })
    return create(
      new Proxy(components as C & object, {
        get: (target, name) => (name === 'registrar' ? ours : Reflect.get(target, name)),
      }),
    )
  }
}

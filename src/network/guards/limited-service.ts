/**
 * Limits the work of a libp2p service for one peer, and for all peers of a host. Answers, signatures and dials cost the
 * service far more than a request costs a peer. Requests over the limit are refused.
 */
import type { StreamHandler } from '@libp2p/interface'
import type { Clock } from '../../runtime/clock.ts'
import { RateLimiter, type RateLimits } from './rate-limiter.ts'

/** The part of libp2p's registrar used by services to register protocols. */
interface Registrar {
  handle(protocol: string, handler: StreamHandler, options: object): Promise<void>
  unhandle(protocol: string): Promise<void>
}

/**
 * Wraps `create`: streams of its service are accepted at `rates`. libp2p's own middleware would keep every handler ever
 * run.
 */
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

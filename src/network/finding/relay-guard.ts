/**
 * Guards libp2p's relay: a place costs it a signature, and a dial that is passed on costs the tab that is dialed. A peer, and
 * a host, has so many requests, and the peers of one host have so many places.
 */
import type { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import type { Libp2p, PeerId, StreamHandler } from '@libp2p/interface'
import type { Clock } from '../../protocol/clock.ts'
import { HOP_RATES } from '../constants.ts'
import { AskingLimits } from '../guards/asking-limits.ts'
import { hostOf } from '../guards/host.ts'

type CreateRelay = ReturnType<typeof circuitRelayServer>
type Components = Parameters<CreateRelay>[0]

/** `create`, whose streams are let in at {@link HOP_RATES}. libp2p's own middleware keeps every handler that it has run. */
export function guardedRelay(create: CreateRelay, clock: Clock): CreateRelay {
  const limits = new AskingLimits(HOP_RATES, clock)
  const guarded =
    (handler: StreamHandler): StreamHandler =>
    (stream, connection) => {
      if (limits.accepts(connection)) return handler(stream, connection)
      stream.abort(new Error('more is asked of the relay than it does for one'))
    }
  return (components) => {
    const { registrar } = components
    const ours: Components['registrar'] = Object.create(registrar, {
      handle: {
        value: (protocol: string, handler: StreamHandler, options: object) =>
          registrar.handle(protocol, guarded(handler), options),
      },
      unhandle: { value: (protocol: string) => registrar.unhandle(protocol) },
    })
    return create(
      new Proxy(components, {
        get: (target, name) => (name === 'registrar' ? ours : target[name as keyof Components]),
      }),
    )
  }
}

/** True if the peers of one host have as many places as they may, and `peerId` would take another. */
export function denyReservation(node: Libp2p, taken: Iterable<PeerId>, peerId: PeerId, perHost: number): boolean {
  const hostsOf = (id: PeerId) => node.getConnections(id).map(({ remoteAddr }) => hostOf(remoteAddr))
  const hosts = new Set(hostsOf(peerId))
  let count = 0
  for (const other of taken) {
    if (other.equals(peerId)) return false // it only renews its own
    if (hostsOf(other).some((host) => hosts.has(host))) count++
  }
  return count >= perHost
}

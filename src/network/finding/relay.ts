/**
 * A relay for browsers: a circuit-relay-v2 server. Over the relay, two tabs exchange the messages WebRTC needs for a
 * direct connection. The relay carries signalling and no state: its limits are far too small.
 */
import type { CircuitRelayServerInit, CircuitRelayService } from '@libp2p/circuit-relay-v2'
import type { Libp2p } from '@libp2p/interface'
import { systemClock } from '../../runtime/clock.ts'
import { HOP_RATES, IDENTIFY_RATES, MAX_HOP_STREAMS } from '../constants.ts'
import { NetworkError } from '../error.ts'
import { inboundGaters, reservationsPerHost } from '../guards/connection-limits.ts'
import { limitedService } from '../guards/limited-service.ts'
import type { NodeExtension } from '../libp2p/listening-node.ts'
import { tellPeers } from './peer-exchange.ts'
import { denyReservation } from './relay-guard.ts'

/** The limits of a relay for its clients. All are whole numbers from 1. */
export interface RelayLimits {
  /** The tabs reachable over the relay at a time. */
  readonly reservations: number
  /** The lifetime of a reservation. A tab renews its reservation before the end. */
  readonly reservationSeconds: number
  /** The limits of one relayed connection: bytes in both directions together, and duration. */
  readonly connectionBytes: number
  readonly connectionSeconds: number
}

/** The default limits of a relay. */
export const DEFAULT_RELAY_LIMITS: RelayLimits = {
  // Each reservation costs a WebSocket and some hundred bytes. libp2p's default of 15 is gone with the first visitors.
  reservations: 256,
  reservationSeconds: 3600,
  // An offer, an answer and their candidates are some 10 KB, plus noise and identify.
  connectionBytes: 128 * 1024,
  // ICE has ended long before, with or without success.
  connectionSeconds: 120,
}

/** Node's function: sets the number of listeners of `target` above which Node warns of a leak; 0: never. */
type SetMaxListeners = (limit: number, target: EventTarget) => void

/**
 * Returns the extension that makes a listening node a relay. `setMaxListeners` is passed in, because this folder does
 * not import Node. Throws {@link NetworkError} `badRelayLimit`.
 */
export function relayOf(limits: RelayLimits, setMaxListeners: SetMaxListeners): NodeExtension {
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isSafeInteger(value) && value >= 1) continue
    const details = { got: value, expected: 'a whole number from 1' }
    throw new NetworkError('badRelayLimit', `the relay's ${name} is a whole number from 1, got ${value}`, { details })
  }
  return { services: () => relayServices(limits), start: (node) => startRelaying(node, setMaxListeners) }
}

async function relayServices(limits: RelayLimits): ReturnType<NodeExtension['services']> {
  const [{ circuitRelayServer }, { identifyPush }] = await Promise.all([
    import('@libp2p/circuit-relay-v2'),
    import('@libp2p/identify'),
  ])
  // Tabs tell their addresses by a push, once they have a reservation.
  return {
    relay: limitedService(circuitRelayServer(initOf(limits)), HOP_RATES, systemClock),
    identifyPush: limitedService(identifyPush(), IDENTIFY_RATES, systemClock),
  }
}

/**
 * Begins to answer questions about other tabs, limits reservations by host, and frees those of disconnected peers,
 * which libp2p would keep.
 */
async function startRelaying(node: Libp2p, setMaxListeners: SetMaxListeners): Promise<void> {
  await tellPeers(node)
  const { relay } = node.services as { readonly relay?: CircuitRelayService }
  if (relay === undefined) return
  const gater = inboundGaters.get(node)
  if (gater !== undefined) {
    const perHost = reservationsPerHost(gater.limits)
    gater.denyInboundRelayReservation = (peerId) => denyReservation(node, relay.reservations.keys(), peerId, perHost)
  }
  allowDials(relay, setMaxListeners)
  node.addEventListener('peer:disconnect', ({ detail: peerId }) => {
    relay.reservations.get(peerId)?.signal.clear()
    relay.reservations.delete(peerId)
  })
}

/**
 * Allows any number of dials to the peer of a reservation at a time. Each relayed connection listens to the
 * reservation's signal until the connection ends, so Node would warn of a leak from the eleventh on. {@link
 * MAX_HOP_STREAMS} and the limits of connections bound the number.
 */
function allowDials({ reservations }: CircuitRelayService, setMaxListeners: SetMaxListeners): void {
  const set = reservations.set.bind(reservations)
  reservations.set = (peerId, reservation) => {
    setMaxListeners(0, reservation.signal)
    return set(peerId, reservation)
  }
}

function initOf(limits: RelayLimits): CircuitRelayServerInit {
  return {
    maxInboundHopStreams: MAX_HOP_STREAMS,
    reservations: {
      maxReservations: limits.reservations,
      reservationTtl: limits.reservationSeconds * 1000,
      defaultDataLimit: BigInt(limits.connectionBytes),
      defaultDurationLimit: limits.connectionSeconds * 1000,
    },
  }
}

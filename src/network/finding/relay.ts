/**
 * A relay for browsers: a circuit-relay-v2 server, over which two tabs that nobody can dial exchange what WebRTC needs to
 * connect them directly. It carries signalling and no state: its limits are far too small for that.
 */
import { setMaxListeners } from 'node:events'
import type { CircuitRelayServerInit, CircuitRelayService } from '@libp2p/circuit-relay-v2'
import type { Libp2p } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'
import { systemClock } from '../../protocol/clock.ts'
import { HOP_RATES, IDENTIFY_RATES, MAX_HOP_STREAMS } from '../constants.ts'
import { NetworkError } from '../error.ts'
import { inboundGaters, reservationsPerHost } from '../guards/connection-limits.ts'
import { limitedService } from '../guards/limited-service.ts'
import { tellPeers } from './peer-exchange.ts'
import { denyReservation } from './relay-guard.ts'

/** What a relay gives to its clients. All are whole numbers from 1. */
export interface RelayLimits {
  /** Tabs that can be reached over it at a time. */
  readonly reservations: number
  /** How long a reservation holds; a tab renews it before that. */
  readonly reservationSeconds: number
  /** Of one relayed connection: bytes in both directions together, and how long it may stand. */
  readonly connectionBytes: number
  readonly connectionSeconds: number
}

/** The limits of a relay that has no reason for others. */
export const DEFAULT_RELAY_LIMITS: RelayLimits = {
  // Each costs a WebSocket and some hundred bytes; libp2p's own 15 are gone with the first visitors.
  reservations: 256,
  reservationSeconds: 3600,
  // An offer, an answer and their candidates are some 10 KB; noise and identify come on top.
  connectionBytes: 128 * 1024,
  // ICE has ended long before, one way or the other.
  connectionSeconds: 120,
}

/** The relay among the services of a libp2p node. Throws {@link NetworkError} `badRelayLimit`. */
export async function relayServices(limits: RelayLimits): Promise<NonNullable<Libp2pOptions['services']>> {
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isSafeInteger(value) && value >= 1) continue
    const details = { got: value, expected: 'a whole number from 1' }
    throw new NetworkError('badRelayLimit', `the relay's ${name} is a whole number from 1, got ${value}`, { details })
  }
  const [{ circuitRelayServer }, { identifyPush }] = await Promise.all([
    import('@libp2p/circuit-relay-v2'),
    import('@libp2p/identify'),
  ])
  // Tabs say by a push where they can be reached, once they have a place.
  return {
    relay: limitedService(circuitRelayServer(initOf(limits)), HOP_RATES, systemClock),
    identifyPush: limitedService(identifyPush(), IDENTIFY_RATES, systemClock),
  }
}

/** Begins to tell tabs of each other, lets a place have any number of dials at a time, and gives the place of one that is gone to the next; libp2p itself would keep it. */
export async function startRelaying(node: Libp2p): Promise<void> {
  await tellPeers(node)
  const { relay } = node.services as { readonly relay?: CircuitRelayService }
  const gater = inboundGaters.get(node)
  if (gater !== undefined && relay !== undefined) {
    const perHost = reservationsPerHost(gater.limits)
    gater.denyInboundRelayReservation = (peerId) => denyReservation(node, relay.reservations.keys(), peerId, perHost)
  }
  if (relay !== undefined) allowDials(relay)
  node.addEventListener('peer:disconnect', ({ detail: peerId }) => {
    relay?.reservations.get(peerId)?.signal.clear()
    relay?.reservations.delete(peerId)
  })
}

/**
 * Each connection over a place listens to the signal of the place until it ends, so Node takes the eleventh for a leak, and says so
 * on stderr. Their number is bounded by {@link MAX_HOP_STREAMS} and by the limits of connections.
 */
function allowDials({ reservations }: CircuitRelayService): void {
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

/** The trace of a listening node: connections, denials, and the reservations of a relay. Used only while traced. */
import type { CircuitRelayService } from '@libp2p/circuit-relay-v2'
import type { Libp2p } from '@libp2p/interface'
import type { Trace } from '../../runtime/trace.ts'
import type { InboundGater } from '../guards/connection-limits.ts'

/** Notes each denial of `gater`. To be called before a transport takes `admits` from the gater. */
export function traceGater(gater: InboundGater, trace: Trace): void {
  const { admits, denyInboundEncryptedConnection: denies } = gater
  gater.admits = (host) => {
    const isAdmitted = admits(host)
    if (!isAdmitted) trace?.('serving', 'denied', { from: host, reason: 'too many connections of this host' })
    return isAdmitted
  }
  gater.denyInboundEncryptedConnection = (peer) => {
    const isDenied = denies(peer)
    if (isDenied) trace?.('serving', 'denied', { from: String(peer), reason: 'too many connections of this peer' })
    return isDenied
  }
}

/** Notes connections and reservations. To be called once the node has started, and relays. */
export function traceNode(node: Libp2p, gater: InboundGater, trace: Trace): void {
  node.addEventListener('connection:open', ({ detail: { remotePeer, remoteAddr } }) => {
    trace?.('serving', 'connected', { peer: String(remotePeer), from: String(remoteAddr) })
  })
  node.addEventListener('connection:close', ({ detail: { remotePeer } }) => {
    trace?.('serving', 'disconnected', { peer: String(remotePeer) })
  })
  const { relay } = node.services as { readonly relay?: CircuitRelayService }
  if (relay === undefined) return
  const { reservations } = relay
  const set = reservations.set.bind(reservations)
  reservations.set = (peer, reservation) => {
    trace?.('serving', 'reserved', { peer: String(peer) })
    return set(peer, reservation)
  }
  const denies = gater.denyInboundRelayReservation
  gater.denyInboundRelayReservation = (peer) => {
    const isDenied = denies?.(peer) ?? false
    if (isDenied) trace?.('serving', 'denied', { from: String(peer), reason: 'too many reservations of its host' })
    return isDenied
  }
}

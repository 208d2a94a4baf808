/** Limits the reservations of one host at a relay. `limited-service.ts` limits the requests. */
import type { Libp2p, PeerId } from '@libp2p/interface'
import { hostOf } from '../guards/host-of.ts'

/** Returns true if the peers of one host have all their reservations, and `peerId` would take another. */
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

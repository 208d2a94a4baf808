/**
 * Which addresses a tab may dial: those that the application passed in, and of those that it has learned from others only
 * public ones. Otherwise a peer could have the tab knock at the user's router.
 */
import { isPrivate } from '@libp2p/utils'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'

/** Names that stand for something near by: of one label, or in a zone that no public name is in. */
const LOCAL_NAME = /^[^.]*$|\.(localhost|local|internal|lan|home|home\.arpa|test)$/i

/** For libp2p's gater: true for what may not be dialed. `named` are addresses of peers and relays from the application. */
export function denyUnnamed(named: readonly Multiaddr[]): (address: Multiaddr) => boolean {
  const allowed = new Set(named.map(firstHop))
  return (address) => {
    const hop = firstHop(address)
    return !allowed.has(hop) && !isPublic(multiaddr(hop))
  }
}

/** What is really dialed: the relay of a relayed address, without its id. */
function firstHop(address: Multiaddr): string {
  return address
    .toString()
    .replace(/\/p2p-circuit.*$/, '')
    .replace(/\/p2p\/[^/]+$/, '')
}

function isPublic(hop: Multiaddr): boolean {
  const [host] = hop.getComponents()
  if (host?.value === undefined) return false
  return host.name.startsWith('dns') ? !LOCAL_NAME.test(host.value) : !isPrivate(hop)
}

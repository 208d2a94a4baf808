/**
 * Decides which addresses a tab may dial: all addresses from the application, and only public ones of those learned
 * from peers. Otherwise a peer could make the tab send requests to the user's router. The decision is about the dialed
 * URL, not about the spelling: the URL's own parser names the host.
 */
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { webSocketUrl } from '../websocket-url.ts'
import { isPublicHost } from './public-host.ts'

/** An address over UDP, directly: the only alternative to WebSockets. */
const WEBRTC_DIRECT = /^(?<family>ip4|ip6),udp,webrtc-direct(,certhash)*(,p2p)?$/

/**
 * Returns a function for libp2p's gater: true for an address not to be dialed. `named` are the application's peers and
 * relays.
 */
export function denyUnnamed(named: readonly Multiaddr[]): (address: Multiaddr) => boolean {
  const allowed = new Set(named.map((address) => doorOf(address)?.href))
  return (address) => {
    const door = doorOf(address)
    return door === null || !(allowed.has(door.href) || isPublicHost(door.hostname))
  }
}

/** Returns the dialed address as a URL: the relay of a relayed address. `null`: a tab cannot dial the address. */
function doorOf(address: Multiaddr): URL | null {
  try {
    const components = address.getComponents()
    const relayed = components.findIndex(({ name }) => name === 'p2p-circuit')
    const hop = relayed < 0 ? address : multiaddr(components.slice(0, relayed))
    return webSocketUrl(hop) ?? webRtcDoor(hop)
  } catch {
    return null // a multiaddr that cannot even be read
  }
}

function webRtcDoor(address: Multiaddr): URL | null {
  const components = address.getComponents()
  const form = WEBRTC_DIRECT.exec(components.map(({ name }) => name).join())
  if (form === null) return null
  const [host, port] = components
  const name = form.groups?.['family'] === 'ip6' ? `[${host?.value}]` : host?.value
  // A scheme whose hosts are parsed like those of WebSockets, and a path unused by our WebSockets.
  return new URL(`wss://${name}:${port?.value}/udp`)
}

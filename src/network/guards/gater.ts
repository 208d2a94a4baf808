/**
 * Which addresses a tab may dial: those that the application passed in, and of those that it has learned from others only
 * public ones. Otherwise a peer could have the tab knock at the user's router. What is judged is what would be dialed, not
 * how it is written: the URL's own parser decides what host that is.
 */
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { webSocketUrl } from '../websocket-url.ts'
import { isPublicHost } from './public-host.ts'

/** Over UDP, directly: the one thing beside WebSockets that is dialed. */
const WEBRTC_DIRECT = /^(?<family>ip4|ip6),udp,webrtc-direct(,certhash)*(,p2p)?$/

/** For libp2p's gater: true for what may not be dialed. `named` are addresses of peers and relays from the application. */
export function denyUnnamed(named: readonly Multiaddr[]): (address: Multiaddr) => boolean {
  const allowed = new Set(named.map((address) => doorOf(address)?.href))
  return (address) => {
    const door = doorOf(address)
    return door === null || !(allowed.has(door.href) || isPublicHost(door.hostname))
  }
}

/** What is really dialed, as a URL: the relay of a relayed address. `null`: nothing that a tab can dial. */
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
  // A scheme whose hosts are parsed as those of WebSockets, and a path that no WebSocket of ours has.
  return new URL(`wss://${name}:${port?.value}/udp`)
}

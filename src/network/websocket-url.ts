/**
 * The URL that the address of a WebSocket is dialed at. One function for the transport, which dials it, and for the gater,
 * which judges it: what a browser makes of `127.1`, `0x7f.0.0.1` or `10.0.0.1.` is known only after its own parser.
 */
import type { Multiaddr } from '@multiformats/multiaddr'

/** A WebSocket over TCP, with or without TLS and the peer's id. */
const FORM = /^(ip4|ip6|dns|dns4|dns6),tcp,((tls,(?<sni>sni,)?)?ws|wss)(,p2p)?$/

/** The URL of `address`; `null` if it is not the address of a WebSocket, or none that a URL can say. */
export function webSocketUrl(address: Multiaddr): URL | null {
  const components = address.getComponents()
  const names = components.map(({ name }) => name)
  const form = FORM.exec(names.join())
  if (form === null) return null
  const value = (name: string | undefined) => components.find((each) => each.name === name)?.value ?? ''
  const scheme = names.includes('tls') || names.includes('wss') ? 'wss' : 'ws'
  // No browser lets us name another host in the TLS handshake, so the host with the certificate is the one to dial.
  const host = value(form.groups?.['sni'] === undefined ? names[0] : 'sni')
  return parse(`${scheme}://${bracketed(host)}:${value('tcp')}`)
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** Refuses what is more than a host and a port: a name such as `user@192.168.1.1` or `host/path` would be dialed elsewhere. */
function parse(text: string): URL | null {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return null
  }
  const { protocol, host } = url
  return url.href === `${protocol}//${host}/` ? url : null
}

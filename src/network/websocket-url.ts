/**
 * The dialed URL of a WebSocket address. One function serves the transport, which dials, and the gater, which judges.
 * Only the browser's own parser knows the host behind `127.1`, `0x7f.0.0.1` or `10.0.0.1.`.
 */
import type { Multiaddr } from '@multiformats/multiaddr'

/** A WebSocket over TCP, with or without TLS and the peer's id. */
const FORM = /^(ip4|ip6|dns|dns4|dns6),tcp,((tls,(?<sni>sni,)?)?ws|wss)(,p2p)?$/

/** Returns the URL of `address`; `null` if `address` is not a WebSocket's, or has no valid URL. */
export function webSocketUrl(address: Multiaddr): URL | null {
  const components = address.getComponents()
  const names = components.map(({ name }) => name)
  const form = FORM.exec(names.join())
  if (form === null) return null
  const value = (name: string | undefined) => components.find((each) => each.name === name)?.value ?? ''
  const scheme = names.includes('tls') || names.includes('wss') ? 'wss' : 'ws'
  // A browser does not let us choose the name in the TLS handshake, so the host with the certificate is dialed.
  const host = value(form.groups?.['sni'] === undefined ? names[0] : 'sni')
  return parse(`${scheme}://${bracketed(host)}:${value('tcp')}`)
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/**
 * Refuses anything but a host and a port: a name such as `user@192.168.1.1` or `host/path` would be dialed elsewhere.
 */
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

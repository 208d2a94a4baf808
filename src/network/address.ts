/** The addresses given by an application or an operator: multiaddrs, checked before any dial. */
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { NetworkError } from './error.ts'
import { webSocketUrl } from './websocket-url.ts'

export type Transport = 'websocket' | 'webrtc'

/** A checked address of a peer. */
export interface PeerAddress {
  /** The address as the application wrote it: the key in the list of peers. */
  readonly text: string
  readonly multiaddr: Multiaddr
  readonly transport: Transport
}

/** The names of a multiaddr's components: a WebSocket over TCP, with or without TLS. */
const WEB_SOCKET = '(ip4|ip6|dns|dns4|dns6),tcp,((tls,(sni,)?)?ws|wss)'

/**
 * The addresses a tab can dial: a WebSocket or WebRTC-direct server, with or without its peer id; another tab, over a
 * relay and then directly.
 */
const PEER = new RegExp(
  `^(${WEB_SOCKET}(,p2p)?|(?<webrtc>(ip4|ip6),udp,webrtc-direct,certhash(,p2p)?|${WEB_SOCKET},p2p,p2p-circuit,webrtc,p2p))$`,
)
const RELAY = new RegExp(`^${WEB_SOCKET},p2p$`)
const LISTEN = new RegExp(`^(${WEB_SOCKET}|(ip4|ip6),udp,webrtc-direct)$`)
/** The forms requiring a certificate, which a server here does not have. */
const LISTEN_TLS = /,(tls|wss)(,|$)/

/** A peer id: of an Ed25519, a secp256k1 or an RSA key in base58, or any of them as a CID. */
const PEER_ID = /^(12D3KooW\w{44}|16Uiu2HA\w{45}|Qm\w{44}|(bafz|k)[a-z0-9]{50,})$/

/** Parses an address of a peer. Throws {@link NetworkError} `badMultiaddr` if a tab cannot dial `text`. */
export function parsePeer(text: string): PeerAddress {
  const [address, match] = parse(text, PEER, 'the address of a WebSocket or a WebRTC peer', [
    '/dns4/HOST/tcp/PORT/wss or /ip4/ADDRESS/tcp/PORT/ws, with or without /p2p/ID',
    '/ip4/ADDRESS/udp/PORT/webrtc-direct/certhash/HASH/p2p/ID',
    'RELAY/p2p/ID/p2p-circuit/webrtc/p2p/ID',
  ])
  return { text, multiaddr: address, transport: match.groups?.['webrtc'] === undefined ? 'websocket' : 'webrtc' }
}

/** Parses the address of a relay. Throws {@link NetworkError} `badMultiaddr` for other addresses. */
export function parseRelay(text: string): Multiaddr {
  return parse(text, RELAY, 'the address of a relay', ['/dns4/HOST/tcp/PORT/wss/p2p/ID'])[0]
}

/** Parses a listening address. Throws {@link NetworkError} `badMultiaddr` if a server cannot listen at `text`. */
export function parseListen(text: string): Multiaddr {
  const [address] = parse(text, LISTEN, 'an address to listen at', [
    '/ip4/ADDRESS/tcp/PORT/ws',
    '/ip4/ADDRESS/udp/PORT/webrtc-direct',
  ])
  if (!LISTEN_TLS.test(namesOf(address))) return address
  const rule = 'a server has no certificate: listen with /ws, and let a proxy that has one pass WebSockets on to it'
  throw new NetworkError('badMultiaddr', `${rule}: ${text}`, { details: { got: text } })
}

function parse(text: string, form: RegExp, what: string, expected: readonly string[]): [Multiaddr, RegExpExecArray] {
  const bad = (rule: string, cause?: unknown) => {
    const details = { got: text, expected: expected.join('; ') }
    return new NetworkError('badMultiaddr', `${rule}: ${text}`, { details, cause })
  }
  let address: Multiaddr
  try {
    address = multiaddr(text)
  } catch (cause) {
    throw bad('not a multiaddr', cause)
  }
  const components = address.getComponents()
  const match = form.exec(namesOf(address))
  if (match === null) throw bad(`not ${what}`)
  // The multiaddr itself accepts any base58, and the dial would fail forever.
  if (components.some(({ name, value }) => name === 'p2p' && !PEER_ID.test(value ?? ''))) throw bad('not a peer id')
  const relayed = components.findIndex(({ name }) => name === 'p2p-circuit')
  const hop = multiaddr(relayed < 0 ? components : components.slice(0, relayed))
  if (components[1]?.name === 'tcp' && webSocketUrl(hop) === null) throw bad('not a host that can be dialed')
  return [address, match]
}

function namesOf(address: Multiaddr): string {
  return address
    .getComponents()
    .map(({ name }) => name)
    .join()
}

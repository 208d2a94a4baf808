/** The addresses that an application passes in: multiaddrs of WebSockets, checked before anything is dialed. */
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { NetworkError } from './error.ts'

/** A checked address of a peer. */
export interface PeerAddress {
  /** As the application wrote it: the key in the list of peers. */
  readonly text: string
  readonly multiaddr: Multiaddr
}

/** A WebSocket over TCP, with or without TLS and with or without a peer id; nothing relayed. */
const WEB_SOCKET = /^(ip4|ip6|dns|dns4|dns6),tcp,((tls,(sni,)?)?ws|wss)(,p2p)?$/

/** A peer id: of an Ed25519, a secp256k1 or an RSA key in base58, or any of them as a CID. */
const PEER_ID = /^(12D3KooW\w{44}|16Uiu2HA\w{45}|Qm\w{44}|(bafz|k)[a-z0-9]{50,})$/

/** Throws {@link NetworkError} `badMultiaddr` if `text` is not the multiaddr of a WebSocket. */
export function parseMultiaddr(text: string): PeerAddress {
  const address = parse(text)
  const components = address.getComponents()
  if (!WEB_SOCKET.test(components.map(({ name }) => name).join())) throw bad(text, 'not the address of a WebSocket')
  const id = components.find(({ name }) => name === 'p2p')?.value
  // The multiaddr itself takes any base58, and the dial would fail for ever.
  if (id !== undefined && !PEER_ID.test(id)) throw bad(text, 'not a peer id')
  return { text, multiaddr: address }
}

function parse(text: string): Multiaddr {
  try {
    return multiaddr(text)
  } catch (cause) {
    throw bad(text, 'not a multiaddr', cause)
  }
}

function bad(text: string, rule: string, cause?: unknown): NetworkError {
  const expected = '/dns4/HOST/tcp/PORT/wss or /ip4/ADDRESS/tcp/PORT/ws, with or without /p2p/ID'
  return new NetworkError('badMultiaddr', `${rule}: ${text}`, { details: { got: text, expected }, cause })
}

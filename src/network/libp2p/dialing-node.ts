/** The libp2p node of a tab, in its worker or its window: it dials WebSockets that the application named, and no others. */
import type { Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerAddress } from '../address.ts'
import { DIAL_TIMEOUT_MS, MAX_TAB_CONNECTIONS } from '../constants.ts'
import { loadLibp2p } from './libp2p-parts.ts'

/** A node that dials `addresses`; started. The caller stops it with `node.stop()`. */
export async function createDialingNode(addresses: readonly PeerAddress[]): Promise<Libp2p> {
  const { createLibp2p, parts } = await loadLibp2p({ isTab: true })
  const allowed = new Set(addresses.map(({ multiaddr }) => withoutPeerId(multiaddr)))
  const node = await createLibp2p({
    ...parts,
    // libp2p's own gater denies a browser all plain and all private addresses, which are what a local server has.
    connectionGater: { denyDialMultiaddr: (address) => !allowed.has(withoutPeerId(address)) },
    // How long a dial may take is up to whoever dials, and to the transport.
    connectionManager: { maxConnections: MAX_TAB_CONNECTIONS, addressDialTimeout: DIAL_TIMEOUT_MS },
    // Its pings time out while noise keeps the thread busy, and then it ends connections that are well. The sync loop
    // has timeouts of its own.
    connectionMonitor: { enabled: false },
  })
  await node.start()
  return node
}

function withoutPeerId(address: Multiaddr): string {
  return address.toString().replace(/\/p2p\/[^/]+$/, '')
}

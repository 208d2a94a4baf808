/** The libp2p node of a tab, in its worker or its window. Dials only WebSockets named by the application. */
import type { Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerAddress } from '../address.ts'
import { DIAL_TIMEOUT_MS, MAX_TAB_CONNECTIONS } from '../constants.ts'
import { loadLibp2p } from './libp2p-parts.ts'

/** Returns a started node for dialing `addresses`. The caller stops the node with `node.stop()`. */
export async function createDialingNode(addresses: readonly PeerAddress[]): Promise<Libp2p> {
  const { createLibp2p, parts } = await loadLibp2p({ isTab: true })
  const allowed = new Set(addresses.map(({ multiaddr }) => withoutPeerId(multiaddr)))
  const node = await createLibp2p({
    ...parts,
    // libp2p's own gater denies a browser all plain and all private addresses: the addresses of a local server.
    connectionGater: { denyDialMultiaddr: (address) => !allowed.has(withoutPeerId(address)) },
    // The caller and the transport limit the time of a dial.
    connectionManager: { maxConnections: MAX_TAB_CONNECTIONS, addressDialTimeout: DIAL_TIMEOUT_MS },
    // The monitor's pings time out while noise keeps the thread busy, and then sound connections end. The sync loop has
    // its own timeouts.
    connectionMonitor: { enabled: false },
  })
  await node.start()
  return node
}

function withoutPeerId(address: Multiaddr): string {
  return address.toString().replace(/\/p2p\/[^/]+$/, '')
}

/**
 * A Helia node with bitswap over WebSockets and nothing else: no bootstrapping, DHT, delegated routing or gateways. The
 * same on both sides.
 */
import { withBitswap } from '@helia/bitswap'
import { withLibp2pLight } from '@helia/libp2p'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createHeliaLight } from 'helia'
import type { Blockstore } from 'interface-blockstore'
import { installPromiseWithResolvers } from '../../../src/network/libp2p/promise-with-resolvers.ts'
import { keccakHasher } from './content-id.ts'

export interface HeliaOptions {
  readonly blockstore: Blockstore
  /** Multiaddrs to listen on. Left out: the node only dials. */
  readonly listen?: readonly string[]
}

/** Starts a node. The caller stops the node. */
export async function startHelia({ blockstore, listen = [] }: HeliaOptions) {
  installPromiseWithResolvers()
  const helia = createHeliaLight({ blockstore, hashers: [await keccakHasher()] })
  const withNetwork = withLibp2pLight(helia, {
    addresses: { listen: [...listen] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
    // In a browser, libp2p's own gater denies all plain and all private addresses. A local server has no others.
    connectionGater: { denyDialMultiaddr: () => false },
    // Pings of the monitor time out while the thread is busy. The monitor would then end healthy connections.
    connectionMonitor: { enabled: false },
  })
  return withBitswap(withNetwork).start()
}

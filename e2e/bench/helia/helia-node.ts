/**
 * A Helia node that speaks bitswap over WebSockets, and nothing else: no bootstrapping, no DHT, no delegated routing, no
 * gateways. The same on both sides.
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
  /** Multiaddrs; left out: it only dials. */
  readonly listen?: readonly string[]
}

/** Started; the caller stops it. */
export async function startHelia({ blockstore, listen = [] }: HeliaOptions) {
  installPromiseWithResolvers()
  const helia = createHeliaLight({ blockstore, hashers: [await keccakHasher()] })
  const withNetwork = withLibp2pLight(helia, {
    addresses: { listen: [...listen] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
    // libp2p's own gater denies a browser all plain and all private addresses, which are what a local server has.
    connectionGater: { denyDialMultiaddr: () => false },
    // Its pings time out while the thread is busy, and then it ends connections that are well.
    connectionMonitor: { enabled: false },
  })
  return withBitswap(withNetwork).start()
}

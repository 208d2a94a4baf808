/** A tab that means no good: the hostile client over WebRTC, in a page of its own. */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { webRTC } from '@libp2p/webrtc'
import { multiaddr } from '@multiformats/multiaddr'
import { hexToBytes } from '@noble/hashes/utils.js'
import { BURDENS, type Target, VIOLATIONS } from '../../src/testing/hostile/attacks.ts'
import { HostileClient } from '../../src/testing/hostile/hostile-client.ts'
import { seededRandom } from '../../src/testing/random.ts'

/** A new peer, connected to `relay`: dials over WebRTC whoever is reached over that. The caller stops it. */
export async function createHostileTab(relay: string): Promise<HostileClient> {
  const client = await HostileClient.create({
    transports: [circuitRelayTransport(), webRTC({ rtcConfiguration: { iceServers: [] } })],
    services: { identify: identify() },
  })
  await client.node.dial(multiaddr(relay))
  return client
}

export function targetAt(address: string, root: string): Target {
  return { address, root: hexToBytes(root.slice(2)), random: seededRandom(1) }
}

/**
 * The attacks that a browser can make, and that end: what comes over WebRTC a page cannot leave unread, and floods below
 * the streams there are none.
 */
export const TAB_ATTACKS = { ...VIOLATIONS, 'streams without a Status': BURDENS['streams without a Status'] }

const MAX_DIALS = 5

/**
 * Makes each attack once, by a peer of its own, all at the same time: whoever is the first to be cut off would keep the
 * others out. Resolves with their names when each was cut off.
 */
export async function attackTab(relay: string, address: string, root: string): Promise<string[]> {
  const attacks = Object.entries(TAB_ATTACKS)
  const clients: HostileClient[] = []
  for (const _ of attacks) {
    const client = await createHostileTab(relay)
    await prepare(client, address)
    clients.push(client)
  }
  return Promise.all(
    attacks.map(async ([name, [, attack]], i) => {
      const { end } = await attack(clients[i]!, targetAt(address, root))
      await end
      await clients[i]!.stop()
      return name
    }),
  )
}

/** As often as it takes: not every connection over WebRTC comes about, and honest tabs dial again, too. */
async function prepare(client: HostileClient, address: string): Promise<void> {
  for (let left = MAX_DIALS; ; left--) {
    try {
      return await client.prepare(address)
    } catch (error) {
      if (left === 1) throw error
    }
  }
}

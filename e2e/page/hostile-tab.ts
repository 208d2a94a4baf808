/** A tab that means no good: the hostile client over WebRTC, in a page of its own. */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { webRTC } from '@libp2p/webrtc'
import { multiaddr } from '@multiformats/multiaddr'
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
  const bytes = Uint8Array.from(root.slice(2).match(/../g)!, (byte) => Number.parseInt(byte, 16))
  return { address, root: bytes, random: seededRandom(1) }
}

/**
 * The attacks that a browser can make, and that end: what comes over WebRTC a page cannot leave unread, and floods below
 * the streams there are none.
 */
export const TAB_ATTACKS = { ...VIOLATIONS, 'streams without a Status': BURDENS['streams without a Status'] }

/** A tab takes two calls a second, and turns the others away. */
const BETWEEN_CALLS_MS = 1_000
const CALLS = 20

/** Makes each attack once, by a peer of its own, one after the other; resolves with their names when each was cut off. */
export async function attackTab(relay: string, address: string, root: string): Promise<string[]> {
  const ends: Promise<string>[] = []
  for (const [name, [, attack]] of Object.entries(TAB_ATTACKS)) {
    const client = await createHostileTab(relay)
    const { end } = await insist(() => attack(client, targetAt(address, root)))
    ends.push(end.then(() => client.stop()).then(() => name))
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_CALLS_MS))
  }
  return Promise.all(ends)
}

async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (let left = CALLS; ; left--) {
    try {
      return await call()
    } catch (error) {
      if (left === 0) throw error
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_CALLS_MS))
    }
  }
}

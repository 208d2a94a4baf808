/** A tab that means no good: the hostile client over WebRTC, in a page of its own. */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { type Identify, identify } from '@libp2p/identify'
import type { Connection } from '@libp2p/interface'
import { webRTC } from '@libp2p/webrtc'
import { multiaddr } from '@multiformats/multiaddr'
import { hexToBytes } from '@noble/hashes/utils.js'
import { type Attack, BURDENS, type Target, VIOLATIONS } from '../../src/testing/hostile/attacks.ts'
import { ended, HostileClient } from '../../src/testing/hostile/hostile-client.ts'
import { seededRandom } from '../../src/testing/random.ts'

/** How long an answer may take in a page in which a dozen of peers are at work: it is there in milliseconds, or never. */
const ANSWER_MS = 30_000

/** A new peer, connected to `relay`: dials over WebRTC whoever is reached over that. The caller stops it. */
export async function createHostileTab(relay: string): Promise<HostileClient> {
  const client = await HostileClient.create({
    transports: [circuitRelayTransport(), webRTC({ rtcConfiguration: { iceServers: [] } })],
    // It asks when `isAnswered` does: libp2p has no second stream for it at the same time.
    services: { identify: identify({ timeout: ANSWER_MS, runOnConnectionOpen: false }) },
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

/** How often a peer that is not connected is replaced by a new one. */
const MAX_REPLACEMENTS = 5

/** How an attack ended: the other side has put an end to the streams, or to the connection as well. */
export interface AttackReport {
  readonly name: string
  readonly isConnected: boolean
}

/**
 * Makes each attack once, by a peer of its own, all at the same time: after the first violation the tab lets no new tab in for a
 * while. A peer attacks on a connection over which it was answered just before. A bystander that does nothing has to be
 * answered to the end, or connections end for another reason than an attack. Resolves when each attack was cut off.
 */
export async function attackTab(relay: string, address: string, root: string): Promise<AttackReport[]> {
  const bystander = await prepared(relay, address)
  const clients: HostileClient[] = []
  for (const _ of Object.keys(TAB_ATTACKS)) clients.push(await prepared(relay, address))
  const ready = await Promise.all(clients.map((client) => answeredOrReplaced(client, relay, address)))
  const target = targetAt(address, root)
  const reports = await Promise.all(
    Object.entries(TAB_ATTACKS).map(([name, [, attack]], i) => report(name, attack, ready[i]!, target)),
  )
  if (!(await isAnswered(bystander))) throw new Error('a peer that did nothing has lost its connection')
  await bystander.stop()
  return reports
}

async function report(name: string, attack: Attack, client: HostileClient, target: Target): Promise<AttackReport> {
  const { end } = await attack(client, target)
  await end
  // A tab that ends a connection ends the one over the relay with it, and of that both sides hear at once.
  if (name in VIOLATIONS) await Promise.all(client.node.getConnections().filter(isRelayed).map(ended))
  const isConnected = client.node.getConnections().some(isRelayed) && (await isAnswered(client))
  await client.stop()
  return { name, isConnected }
}

/** A new peer with a connection to `address` over which it is answered. Not every dial comes about on a busy machine. */
async function prepared(relay: string, address: string): Promise<HostileClient> {
  for (let left = MAX_REPLACEMENTS; ; left--) {
    const client = await createHostileTab(relay)
    try {
      await client.prepare(address)
      if (await isAnswered(client)) return client
      throw new Error('connected, and not answered')
    } catch (error) {
      // A second dial of the same peer would meet the limit of connections of one peer.
      await client.stop()
      if (left === 0) throw error
    }
  }
}

async function answeredOrReplaced(client: HostileClient, relay: string, address: string): Promise<HostileClient> {
  if (await isAnswered(client)) return client
  await client.stop()
  return prepared(relay, address)
}

/** Whether there is a round trip on the direct connection. A dial proves none: it resolves before the other side has let it in. */
async function isAnswered({ node }: HostileClient): Promise<boolean> {
  const direct = node.getConnections().find(({ remoteAddr }) => remoteAddr.toString().includes('/webrtc'))
  if (direct === undefined) return false
  const { identify } = node.services as { readonly identify: Identify }
  return identify.identify(direct).then(
    () => true,
    () => false,
  )
}

function isRelayed({ limits }: Connection): boolean {
  return limits !== undefined
}

/** A hostile tab: the hostile client over WebRTC, in a page of its own. */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { type Identify, identify } from '@libp2p/identify'
import type { Connection } from '@libp2p/interface'
import { webRTC } from '@libp2p/webrtc'
import { multiaddr } from '@multiformats/multiaddr'
import { hexToBytes } from '@noble/hashes/utils.js'
import { type Attack, BURDENS, type Target, VIOLATIONS } from '../../src/testing/hostile/attacks.ts'
import { ended, HostileClient } from '../../src/testing/hostile/hostile-client.ts'
import { seededRandom } from '../../src/testing/random.ts'

/** The longest time for an answer in a page with a dozen busy peers. The answer is there in milliseconds, or never. */
const ANSWER_MS = 30_000

/** Creates a peer connected to `relay`, to dial over WebRTC any tab behind the relay. The caller stops the peer. */
export async function createHostileTab(relay: string): Promise<HostileClient> {
  const client = await HostileClient.create({
    transports: [circuitRelayTransport(), webRTC({ rtcConfiguration: { iceServers: [] } })],
    // `isAnswered` asks on demand: libp2p has no second stream for `identify` at the same time.
    services: { identify: identify({ timeout: ANSWER_MS, runOnConnectionOpen: false }) },
  })
  await client.node.dial(multiaddr(relay))
  return client
}

export function targetAt(address: string, root: string): Target {
  return { address, root: hexToBytes(root.slice(2)), random: seededRandom(1) }
}

/**
 * The attacks possible in a browser, and with an end. A page cannot leave WebRTC messages unread, and there are no
 * floods below the streams.
 */
export const TAB_ATTACKS = { ...VIOLATIONS, 'streams without a Status': BURDENS['streams without a Status'] }

/** How often an unconnected peer is replaced by a new one. */
const MAX_REPLACEMENTS = 5

/** The end of an attack: the other side has ended the streams, or the connection as well. */
export interface AttackReport {
  readonly name: string
  readonly isConnected: boolean
}

/**
 * Makes each attack once, by a peer of its own, all at the same time. After the first violation the tab admits no new
 * tab for a while. A peer attacks on a connection just used for an answer. An idle bystander must get answers to the
 * end. Otherwise connections end for another reason than an attack. Resolves when each attack was cut off.
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
  // A tab ending a connection also ends the connection over the relay, and both sides learn of this end at once.
  if (name in VIOLATIONS) await Promise.all(client.node.getConnections().filter(isRelayed).map(ended))
  const isConnected = client.node.getConnections().some(isRelayed) && (await isAnswered(client))
  await client.stop()
  return { name, isConnected }
}

/** Returns a new peer with a working connection to `address`. Some dials fail on a busy machine. */
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

/**
 * True after a round trip on the direct connection. A dial proves nothing: dials resolve before the other side has
 * admitted the peer.
 */
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

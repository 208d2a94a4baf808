/**
 * A hostile client and an honest one at a serving tab. Everything behind the window's libp2p node is the code of a
 * browser, including the port between window and worker. WebSockets stand in for WebRTC without the tab's knowledge.
 * The test drives the tab's clock.
 */
import type { Connection } from '@libp2p/interface'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { parsePeer } from '../../network/address.ts'
import { MAX_WEBRTC_IN_FLIGHT_BYTES } from '../../network/constants.ts'
import { createDialingNode } from '../../network/libp2p/dialing-node.ts'
import { guestOf } from '../../network/libp2p/libp2p-caller.ts'
import { createListeningNode } from '../../network/libp2p/listening-node.ts'
import { StreamWire } from '../../network/libp2p/stream-wire.ts'
import { GREETING_MS, MESSAGE_MS, PROTOCOL_ID, SENDING_MS } from '../../protocol/constants.ts'
import { EVERYTHING, statusOf } from '../../protocol/messages.ts'
import { Requester } from '../../protocol/requester.ts'
import { type Attack, BURDENS, type Target, VIOLATIONS } from '../../testing/hostile/attacks.ts'
import { ended, HostileClient, openStream } from '../../testing/hostile/hostile-client.ts'
import { say, speech } from '../../testing/hostile/speech.ts'
import { ManualClock } from '../../testing/manual-clock.ts'
import { seededRandom } from '../../testing/random.ts'
import type { NodeSource } from '../../trie/node-source.ts'
import { END, ROOT_PATH } from '../../trie/path.ts'
import { RemoteWindow } from '../window/remote-window.ts'
import { hostWindow } from '../window/window-host.ts'
import { ForegroundWork } from './foreground-work.ts'
import { TabServing } from './serving.ts'

const ROOT = new Uint8Array(32).fill(0xaa)
const REF = { path: ROOT_PATH, hash: ROOT, maxNodes: 0 }
const NODE_BYTES = 120
/** Each is a peer of its own: a peer that broke the protocol is not heard again. */
const STRANGERS = 60
const LIMITS = { uploadBytesPerSecond: 2 ** 40, maxRequests: 4, whileHidden: false, onMetered: false }

/** One run for all: nodes of 120 bytes, so that no answer ends at its budget. */
const source: NodeSource = {
  has: (root) => root[0] === 0xaa,
  async run(_root, _ref, maxNodes, maxBytes) {
    const count = maxNodes === 0 ? Math.ceil(maxBytes / NODE_BYTES) : maxNodes
    const run = new Uint8Array(count * NODE_BYTES)
    for (let at = 0; at < run.length; at += NODE_BYTES) run.set([0xb8, NODE_BYTES - 2], at)
    return run
  },
  path: async () => new Uint8Array(),
  code: async () => undefined,
}

const cleanups: (() => unknown)[] = []
let clock: ManualClock
let serving: TabServing
let target: Target
let connections: () => Connection[]
let honest: Requester

beforeEach(async () => {
  // Node 20 has no WebSocket to dial with.
  Object.assign(globalThis, { WebSocket })
  clock = new ManualClock()
  const store = {
    source: () => source,
    coverage: () => [{ root: ROOT, blockNumber: 7, stretches: [{ start: '', end: END }] }],
  }
  serving = new TabServing({ store, chainId: 1, limits: LIMITS, clock, foreground: new ForegroundWork() })
  const node = await createListeningNode({
    listen: ['/ip4/127.0.0.1/tcp/0/ws'],
    // All peers come from one host here, and many are hostile.
    connectionLimits: { connectionsPerHost: 1_000_000 },
  })
  cleanups.push(async () => node.stop())
  connections = () => node.getConnections()
  const { port1, port2 } = new MessageChannel()
  cleanups.push(() => port1.close())
  hostWindow(port1, {
    start: ({ onGuest }) =>
      node.handle(PROTOCOL_ID, (stream, connection) =>
        onGuest({ ...guestOf(node, stream, connection), isWebRtc: true }),
      ),
    stop: async () => {},
    dial: () => Promise.reject(new Error('nobody is dialed')),
  })
  await new RemoteWindow(port2).start({
    onGuest: (guest) => serving.welcome(guest),
    onFound: () => {},
    onConditions: () => {},
  })
  target = { address: String(node.getMultiaddrs()[0]), root: ROOT, random: seededRandom(1) }
  const address = parsePeer(target.address)
  const dialing = await createDialingNode([address])
  cleanups.push(async () => dialing.stop())
  const connection = await dialing.dial(address.multiaddr)
  honest = new Requester({
    wire: new StreamWire(await connection.newStream(PROTOCOL_ID)),
    status: statusOf(1, [{ root: ROOT, blockNumber: 7, coverage: EVERYTHING }]),
  })
  await honest.start()
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function hostile(): Promise<HostileClient> {
  const client = await HostileClient.create()
  cleanups.push(async () => client.stop())
  return client
}

async function askHonestly(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    const [run] = await honest.getNodes(ROOT, [REF], 20_000)
    expect(run?.length).toBe(Math.ceil(20_000 / NODE_BYTES) * NODE_BYTES)
  }
}

async function expectPeace(): Promise<void> {
  await expect.poll(() => [serving.counters().peers, serving.counters().heldBytes]).toEqual([1, 0])
  await askHonestly()
}

describe('TabServing and a hostile client', () => {
  test.each<[string, readonly [string, Attack]]>(Object.entries(VIOLATIONS))(
    'error: %s: it is disconnected, and the honest client answered',
    async (_, [, attack]) => {
      const [{ end }] = await Promise.all([attack(await hostile(), target), askHonestly()])
      await end
      await expect.poll(() => serving.counters().violations).toBe(1)
      await expect.poll(() => connections().length).toBe(1)
      await expectPeace()
    },
  )

  const WAITS_MS = { noStatus: GREETING_MS, slowMessage: MESSAGE_MS, slowReader: SENDING_MS }
  test.each<[string, readonly [keyof typeof WAITS_MS, Attack]]>(Object.entries(BURDENS))(
    'error: %s: they are reset in time, and the honest client answered all the while',
    async (_, [code, attack]) => {
      const { requests } = serving.counters()
      const [{ end }] = await Promise.all([attack(await hostile(), target), askHonestly()])
      if (code === 'slowReader') {
        // Of four answers, three fit into the bytes under way; the fourth is held.
        await expect.poll(() => serving.counters().requests).toBe(requests + 10 + 3)
        expect(serving.counters().heldBytes).toBeGreaterThan(MAX_WEBRTC_IN_FLIGHT_BYTES / 2)
      } else await expect.poll(() => clock.pending.length).toBeGreaterThan(0)
      clock.advance(WAITS_MS[code] - 1)
      await askHonestly()
      expect(serving.counters().refusals).toBe(0)
      clock.advance(1)
      await end
      expect(serving.counters()).toMatchObject({ violations: 0 })
      expect(serving.counters().refusals).toBeGreaterThan(0)
      await expectPeace()
    },
  )

  test(`behavior: ${STRANGERS} strangers say anything, and the honest client is answered`, async () => {
    for (let seed = 1; seed <= STRANGERS; seed++) {
      const random = seededRandom(seed)
      const stranger = await HostileClient.create()
      const stream = await openStream(await stranger.dial(target.address))
      stream.addEventListener('message', () => {})
      say(stream, speech(ROOT, random), random)
      await ended(stream)
      await stranger.stop()
    }
    expect(serving.counters().violations).toBeGreaterThan(STRANGERS / 4)
    await expectPeace()
  })
})

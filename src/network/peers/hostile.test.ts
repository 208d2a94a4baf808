/**
 * A hostile client beside an honest one, over WebSockets on the loopback interface. The hostile messages are written
 * from SPEC.md (`src/testing/hostile`). The test controls the server's clock.
 */
import type { Connection } from '@libp2p/interface'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { GREETING_MS, MESSAGE_MS, PROTOCOL_ID, SENDING_MS, SERVED_AT_ONCE } from '../../protocol/constants.ts'
import { EVERYTHING, statusOf } from '../../protocol/messages.ts'
import { Requester } from '../../protocol/requester.ts'
import { type Attack, BURDENS, FLOODS, type Target, VIOLATIONS } from '../../testing/hostile/attacks.ts'
import { ended, HostileClient, openStream, send } from '../../testing/hostile/hostile-client.ts'
import { getNodes, MAX_OPEN_REQUESTS, MAX_RESPONSE_BYTES, STATUS } from '../../testing/hostile/wire-bytes.ts'
import { ManualClock } from '../../testing/manual-clock.ts'
import { seededRandom } from '../../testing/random.ts'
import type { NodeSource } from '../../trie/node-source.ts'
import { ROOT_PATH } from '../../trie/path.ts'
import { parsePeer } from '../address.ts'
import { MAX_CONNECTIONS_PER_PEER } from '../constants.ts'
import { createDialingNode } from '../libp2p/dialing-node.ts'
import { createListeningNode } from '../libp2p/listening-node.ts'
import { StreamWire } from '../libp2p/stream-wire.ts'
import { type Serving, serve } from './serve.ts'

const MIB = 1024 * 1024
const HELD_BYTES = 16 * MIB
const ROOT = new Uint8Array(32).fill(0xaa)
const REF = { path: ROOT_PATH, hash: ROOT, maxNodes: 0 }
const NODE_BYTES = 128

/** One run for all requests: nodes of 128 bytes. */
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

const cleanups: (() => Promise<unknown>)[] = []
let clock: ManualClock
let codes: string[]
let serving: Serving
let target: Target
let connections: () => Connection[]
let honest: Requester
/** The most bytes held for peers at any look. */
let mostHeldBytes: number

beforeEach(async () => {
  // Node 20 has no WebSocket to dial with.
  Object.assign(globalThis, { WebSocket })
  clock = new ManualClock()
  codes = []
  mostHeldBytes = 0
  const node = await createListeningNode({ listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
  cleanups.push(async () => node.stop())
  connections = () => node.getConnections()
  serving = await serve({
    node,
    source,
    status: statusOf(1, [{ root: ROOT, blockNumber: 7, coverage: EVERYTHING }]),
    limits: { heldBytes: HELD_BYTES },
    clock,
    onViolation: ({ code }) => codes.push(code),
    onRefusal: ({ code }) => codes.push(code),
    onFailure: (error) => codes.push(String(error)),
  })
  target = { address: String(node.getMultiaddrs()[0]), root: ROOT, random: seededRandom(1) }
  honest = await connectHonest()
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function connectHonest(): Promise<Requester> {
  const address = parsePeer(target.address)
  const dialing = await createDialingNode([address])
  cleanups.push(async () => dialing.stop())
  const connection = await dialing.dial(address.multiaddr)
  const requester = new Requester({
    wire: new StreamWire(await connection.newStream(PROTOCOL_ID)),
    status: statusOf(1),
  })
  await requester.start()
  return requester
}

async function hostile(): Promise<HostileClient> {
  const client = await HostileClient.create()
  cleanups.push(async () => client.stop())
  return client
}

/** Sends requests from the honest client, and expects answers. */
async function askHonestly(times = 10): Promise<void> {
  for (let i = 0; i < times; i++) {
    const [run] = await honest.getNodes(ROOT, [REF], 20_000)
    expect(run?.length).toBe(Math.ceil(20_000 / NODE_BYTES) * NODE_BYTES)
    mostHeldBytes = Math.max(mostHeldBytes, serving.counters().heldBytes)
  }
}

/** Expects the honest client alone to be connected, and no held bytes. */
async function expectPeace(): Promise<void> {
  await expect.poll(() => [serving.counters().peers, serving.counters().heldBytes]).toEqual([1, 0])
  await askHonestly()
  expect(mostHeldBytes).toBeLessThanOrEqual(HELD_BYTES)
}

const each = <T>(attacks: Record<string, T>) => Object.entries(attacks)

describe('serve and a hostile client', () => {
  test.each<[string, readonly [string, Attack]]>(each(VIOLATIONS))(
    'error: %s: it is disconnected, and the honest client answered',
    async (_, [code, attack]) => {
      const client = await hostile()
      const [{ end }] = await Promise.all([attack(client, target), askHonestly()])
      await end
      await expect.poll(() => codes).toEqual([code])
      await expect.poll(() => connections().length).toBe(1)
      await expectPeace()
    },
  )

  const WAITS_MS = { noStatus: GREETING_MS, slowMessage: MESSAGE_MS, slowReader: SENDING_MS }
  test.each<[string, readonly [keyof typeof WAITS_MS, Attack]]>(each(BURDENS))(
    'error: %s: they are reset in time, and the honest client answered all the while',
    async (_, [code, attack]) => {
      const client = await hostile()
      const { requests } = serving.counters()
      const [{ end }] = await Promise.all([attack(client, target), askHonestly()])
      if (code === 'slowReader') {
        await expect.poll(() => serving.counters().requests).toBe(requests + 10 + SERVED_AT_ONCE)
        expect(serving.counters().heldBytes).toBeGreaterThan(2 * MIB)
      } else await expect.poll(() => clock.pending.length).toBeGreaterThan(0)
      await askHonestly()
      clock.advance(WAITS_MS[code] - 1)
      await askHonestly()
      expect(codes).toEqual([])
      clock.advance(1)
      await end
      expect(new Set(codes)).toEqual(new Set([code]))
      await expectPeace()
    },
  )

  test.each(each(FLOODS))('error: %s: the connection ends, and the honest client is answered', async (_, attack) => {
    const client = await hostile()
    const [{ end }] = await Promise.all([attack(client, target), askHonestly()])
    await end
    await expect.poll(() => connections().length).toBe(1)
    expect(codes).toEqual([])
    await expectPeace()
  })

  test('error: streams beyond those of a connection are reset, and connections beyond those of a peer', async () => {
    const client = await hostile()
    const first = await client.dial(target.address)
    const streams = await Promise.all(Array.from({ length: 8 }, () => openStream(first, STATUS)))
    await expect.poll(() => streams.filter(({ status }) => status === 'open').length).toBe(2)
    // The allowed number, one by one; the server closes the rest.
    for (let i = 1; i < 2 * MAX_CONNECTIONS_PER_PEER; i++) await client.dial(target.address).catch(() => {})
    await expect.poll(() => connections().length).toBe(1 + MAX_CONNECTIONS_PER_PEER)
    await askHonestly()
  })

  test('error: overloaded: many peers that do not read are held for no more than may be, and the oldest go', async () => {
    const clients = await Promise.all(Array.from({ length: 6 }, hostile))
    const streams = []
    for (const client of clients) {
      const stream = await openStream(await client.dial(target.address), STATUS)
      stream.pause()
      const { requests } = serving.counters()
      for (let id = 1; id <= MAX_OPEN_REQUESTS; id++) send(stream, getNodes(id, ROOT, MAX_RESPONSE_BYTES))
      streams.push(stream)
      await expect.poll(() => serving.counters().requests).toBeGreaterThan(requests)
      await askHonestly()
    }
    await expect.poll(() => codes.length).toBeGreaterThan(0)
    expect(new Set(codes)).toEqual(new Set(['overloaded']))
    await ended(streams[0]!)
    await askHonestly()
    expect(mostHeldBytes).toBeLessThanOrEqual(HELD_BYTES)
    expect(mostHeldBytes).toBeGreaterThan(HELD_BYTES / 2)
  })
})

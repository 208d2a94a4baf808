/** Relays and tabs as libp2p nodes in this process, over WebSockets on the loopback interface. */
import { setMaxListeners } from 'node:events'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { HOP_RATES, PEER_QUESTION_RATES } from '../constants.ts'
import { loadLibp2p } from '../libp2p/libp2p-parts.ts'
import { createListeningNode } from '../libp2p/listening-node.ts'
import { askPeers } from './peer-exchange.ts'
import { DEFAULT_RELAY_LIMITS, type RelayLimits, relayOf } from './relay.ts'

const ECHO = '/echo/1'
const NOBODY = '12D3KooWQYV9dGMFoRzNStwpXztXaBUjtPqi6aU76ZgUriHhKust'

beforeAll(() => {
  // Node 20 has no WebSocket to dial with.
  Object.assign(globalThis, { WebSocket })
})

async function startRelay(limits: Partial<RelayLimits> = {}) {
  const relay = relayOf({ ...DEFAULT_RELAY_LIMITS, ...limits }, setMaxListeners)
  const node = await createListeningNode({ listen: ['/ip4/127.0.0.1/tcp/0/ws'], relay })
  onTestFinished(async () => node.stop())
  return node
}

/** Starts a node that is dialed only over `relay`. */
async function startTab(relay: Libp2p): Promise<Libp2p> {
  const { createLibp2p, parts } = await loadLibp2p()
  const tab = await createLibp2p({
    ...parts,
    transports: [...(parts.transports ?? []), circuitRelayTransport()],
    addresses: { listen: [`${relay.getMultiaddrs()[0]}/p2p-circuit`] },
    transportManager: { faultTolerance: 1 },
    connectionGater: { denyDialMultiaddr: () => false },
    // libp2p's default of 5 a second counts all connections over the relay as one host.
    connectionManager: { inboundConnectionThreshold: 100 },
  })
  onTestFinished(async () => tab.stop())
  await tab.handle(ECHO, (stream) => stream.addEventListener('message', ({ data }) => stream.send(data)), {
    runOnLimitedConnection: true,
  })
  await tab.start()
  return tab
}

const overRelay = (relay: Libp2p, tab: Libp2p) => multiaddr(`${relay.getMultiaddrs()[0]}/p2p-circuit/p2p/${tab.peerId}`)

/** Sends `bytes`. Resolves with the number of echoed bytes, once complete or at the end of the stream. */
async function echoed(from: Libp2p, address: ReturnType<typeof multiaddr>, bytes: number): Promise<number> {
  const stream = await from.dialProtocol(address, ECHO, { runOnLimitedConnection: true })
  return new Promise((resolve) => {
    let received = 0
    stream.addEventListener('message', ({ data }) => {
      received += data.byteLength
      if (received === bytes) resolve(received)
    })
    stream.addEventListener('close', () => resolve(received))
    stream.send(new Uint8Array(bytes))
  })
}

describe('relayOf', () => {
  test('default: two nodes that nobody can dial talk over it, on a connection that is known to be limited', async () => {
    const relay = await startRelay()
    const [a, b] = [await startTab(relay), await startTab(relay)]
    const address = overRelay(relay, b)
    expect((await a.dial(address)).limits).toMatchObject({ bytes: expect.any(BigInt) })
    expect(await echoed(a, address, 1000)).toBe(1000)
  })

  test('options: no more bytes than it was told to carry', async () => {
    const relay = await startRelay({ connectionBytes: 20_000 })
    const [a, b] = [await startTab(relay), await startTab(relay)]
    expect(await echoed(a, overRelay(relay, b), 15_000)).toBeLessThan(15_000)
  })

  test('options: no more reservations; the place of whoever has left is free', async () => {
    const relay = await startRelay({ reservations: 1 })
    const a = await startTab(relay)
    const b = await startTab(relay)
    expect([a, b].map((tab) => tab.getMultiaddrs().length)).toEqual([1, 0])
    const left = new Promise((resolve) => relay.addEventListener('peer:disconnect', resolve))
    await a.stop()
    await left
    const c = await startTab(relay)
    expect(c.getMultiaddrs().length).toBe(1)
  })

  test('behavior: a dozen of dials to one tab at a time is no leak to warn of', async () => {
    const warnings: Error[] = []
    const listen = (warning: Error) => warnings.push(warning)
    process.on('warning', listen)
    onTestFinished(() => void process.off('warning', listen))
    const relay = await startRelay()
    const [a, b] = [await startTab(relay), await startTab(relay)]
    for (let i = 0; i < 12; i++) await a.dial(overRelay(relay, b), { force: true })
    expect(a.getConnections(b.peerId)).toHaveLength(12)
    // Node warns in a separate turn.
    await new Promise((resolve) => setImmediate(resolve))
    expect(warnings).toEqual([])
  })

  test('behavior: a peer that asks for peers without end is refused, and others are told', async () => {
    const relay = await startRelay()
    const [stranger, honest] = [await startTab(relay), await startTab(relay)]
    const isTold = async (tab: Libp2p) => {
      const connection = await tab.dial(relay.getMultiaddrs()[0]!)
      return askPeers(connection, new AbortController().signal).then(
        () => true,
        () => false,
      )
    }
    let told = 0
    for (let i = 0; i < 2 * PEER_QUESTION_RATES.peer.burst; i++) told += Number(await isTold(stranger))
    expect(told).toBeGreaterThanOrEqual(PEER_QUESTION_RATES.peer.burst)
    expect(told).toBeLessThan(2 * PEER_QUESTION_RATES.peer.burst)
    expect(await isTold(honest)).toBe(true)
  })

  test('behavior: a peer that asks for dials without end is refused, and others are passed on', async () => {
    const relay = await startRelay()
    const [stranger, a, b] = [await startTab(relay), await startTab(relay), await startTab(relay)]
    const nobody = multiaddr(`${relay.getMultiaddrs()[0]}/p2p-circuit/p2p/${NOBODY}`)
    const refusals = new Set<string>()
    for (let i = 0; i < 2 * HOP_RATES.peer.burst && refusals.size < 2; i++) {
      await stranger.dial(nobody).catch((error: Error) => refusals.add(error.name))
    }
    // The dialed peer has no reservation. After some refusals the relay does not even answer.
    expect(refusals.size).toBeGreaterThan(1)
    expect(await echoed(a, overRelay(relay, b), 1000)).toBe(1000)
  })

  test.each([0, 1.5, Number.NaN])('error: a limit of %d', async (reservations) => {
    await expect(startRelay({ reservations })).rejects.toMatchObject({ code: 'badRelayLimit' })
  })
})

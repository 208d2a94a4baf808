/**
 * The whole folder at work: a listening, serving node and a dialing, asking node, over WebSockets on the loopback
 * interface. In real time, except for the pauses between dials, which the test cuts short.
 */
import type { Connection, Libp2p } from '@libp2p/interface'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { PROTOCOL_ID } from '../../protocol/constants.ts'
import { encodeStatus } from '../../protocol/encode.ts'
import type { ProtocolError } from '../../protocol/error.ts'
import { EVERYTHING, type Status, statusOf } from '../../protocol/messages.ts'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import type { NodeSource } from '../../trie/node-source.ts'
import type { Path } from '../../trie/path.ts'
import { parsePeer } from '../address.ts'
import { DIAL_TIMEOUT_MS, LIE_BAN_MS, STABLE_CONNECTION_MS } from '../constants.ts'
import { createDialingNode } from '../libp2p/dialing-node.ts'
import { callerOf, type DialingNode } from '../libp2p/libp2p-caller.ts'
import { createListeningNode, createPrivateKey, type ListeningNodeOptions } from '../libp2p/listening-node.ts'
import { connectPeer } from './connect.ts'
import { Dialer, type DialerOptions } from './dialer.ts'
import type { NetworkPeer } from './peer.ts'
import { PeerSet } from './peer-set.ts'
import { type ServeOptions, serve } from './serve.ts'

const MIB = 1024 * 1024
const ROOT = new Uint8Array(32).fill(0xaa)
const SERVED = statusOf(1, [{ root: ROOT, blockNumber: 7, coverage: EVERYTHING }])
const NODE_BYTES = 128
const SIGNAL = new AbortController().signal
const refAt = (path: string) => ({ path: path as Path, hash: ROOT, maxNodes: 0 })

/** Runs of as many nodes of 128 bytes as fit, filled with the first nibble of the ref. */
const source: NodeSource = {
  has: (root) => root[0] === 0xaa,
  async run(_root, ref, maxNodes, maxBytes) {
    const nodes = maxNodes === 0 ? Math.ceil(maxBytes / NODE_BYTES) : maxNodes
    const run = new Uint8Array(nodes * NODE_BYTES).fill(Number.parseInt(ref.path.slice(0, 1) || '0', 16))
    for (let at = 0; at < run.length; at += NODE_BYTES) run.set([0xb8, NODE_BYTES - 2], at)
    return run
  },
  path: async () => new Uint8Array(),
  code: async (hash) => hash,
  header: async (hash) => hash,
}

/** Functions to close everything opened by a test, the last opened first. */
const cleanups: (() => Promise<void>)[] = []

beforeAll(() => {
  // Node 20 has no WebSocket to dial with.
  Object.assign(globalThis, { WebSocket })
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function listen(options: Partial<ListeningNodeOptions> = {}): Promise<Libp2p> {
  const node = await createListeningNode({ listen: ['/ip4/127.0.0.1/tcp/0/ws'], ...options })
  cleanups.push(async () => node.stop())
  return node
}

async function startServer(options: Partial<ServeOptions & ListeningNodeOptions> = {}) {
  const node = await listen(options)
  const serving = await serve({ node, source, status: SERVED, ...options })
  const [address] = node.getMultiaddrs()
  return { node, serving, address: String(address), id: node.peerId.toString() }
}

/** Starts a dialer whose pauses last until the test ends them. */
async function startClient(texts: string[], status: Status = statusOf(1), options: Partial<DialerOptions> = {}) {
  const pauses: { ms: number; end: () => void }[] = []
  const skipped = { ms: 0 }
  const clock: Clock = {
    now: () => systemClock.now() + skipped.ms,
    after(ms, end) {
      // The timeout of a dial runs in real time.
      if (ms === DIAL_TIMEOUT_MS) return systemClock.after(ms, end)
      const pause = { ms, end }
      pauses.push(pause)
      return () => void pauses.splice(pauses.indexOf(pause), 1)
    },
  }
  const addresses = texts.map(parsePeer)
  const node = await createDialingNode(addresses)
  const peers = new PeerSet(clock)
  const dialer = new Dialer({ caller: callerOf(node), peers, addresses, status, clock, random: () => 1, ...options })
  cleanups.push(async () => {
    await dialer.stop()
    await node.stop()
  })
  dialer.start()
  dialer.start()
  const goOn = (ms = 0) => {
    skipped.ms += ms
    for (const { end } of pauses.splice(0)) end()
  }
  return { node, peers, dialer, pauses, goOn }
}

/** Waits for the change after which `ready` returns true. */
function until(peers: PeerSet, ready: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!ready()) return
      stop()
      resolve()
    }
    const stop = peers.onChange(check)
    check()
  })
}

async function firstPeer(peers: PeerSet): Promise<NetworkPeer> {
  await until(peers, () => [...peers.connected()].length > 0)
  return [...peers.connected()][0]!
}

const reasonOf = (peers: PeerSet) => peers.snapshots()[0]?.reason

describe('Dialer and serve', () => {
  test('default: a peer says what it has, and answers', async () => {
    const { address, id, serving } = await startServer()
    const { peers } = await startClient([address])
    const peer = await firstPeer(peers)
    expect(peers.snapshots()).toMatchObject([
      { id, address, transport: 'websocket', state: 'connected', roots: [`0x${'aa'.repeat(32)}`] },
    ])
    const runs = await peer.getNodes(ROOT, [refAt('a'), { ...refAt('b'), maxNodes: 1 }], 1000, SIGNAL)
    expect(runs.map(({ length }) => length)).toEqual([1024])
    expect(await peer.getCode([ROOT], 1000, SIGNAL)).toEqual([ROOT])
    expect(await peer.getHeader([ROOT], 1000, SIGNAL)).toEqual([ROOT])
    expect(serving.counters()).toMatchObject({ peers: 1, requests: 3, nodes: 8, codes: 1, headers: 1 })
    expect(serving.counters().bytesSent).toBe(peers.wireBytes())
  })

  test('behavior: eight answers of a megabyte at a time arrive whole, in buffers of their own', async () => {
    const { address, serving } = await startServer()
    const { peers } = await startClient([address])
    const peer = await firstPeer(peers)
    for (let round = 0; round < 3; round++) {
      const nibbles = [...'01234567']
      const answers = await Promise.all(nibbles.map((nibble) => peer.getNodes(ROOT, [refAt(nibble)], MIB, SIGNAL)))
      for (const [i, [run]] of answers.entries()) {
        expect(run?.length).toBe(MIB)
        expect([run?.[2], run?.[MIB - 1]]).toEqual([i, i])
      }
    }
    expect(serving.counters()).toMatchObject({ requests: 24, nodes: (24 * MIB) / NODE_BYTES })
    expect(peers.wireBytes()).toBeGreaterThan(24 * MIB)
  })

  test('behavior: a Status that changes is heard on both sides', async () => {
    const { address, serving } = await startServer()
    const { peers, dialer } = await startClient([address])
    const peer = await firstPeer(peers)
    const changed = until(peers, () => !peer.mayHave(ROOT))
    serving.setStatus(statusOf(1))
    dialer.setStatus(statusOf(1))
    await changed
    expect(peer.roots).toEqual([])
    expect(await peer.getCode([ROOT], 1000, SIGNAL)).toEqual([ROOT])
  })

  test('behavior: when the server stops, what is open rejects, and the dialer comes back with growing pauses', async () => {
    const privateKey = await createPrivateKey()
    const held: NodeSource = { ...source, run: () => new Promise(() => {}) }
    const first = await startServer({ privateKey, source: held })
    const { peers, pauses, goOn } = await startClient([first.address])
    const peer = await firstPeer(peers)
    const open = peer.getNodes(ROOT, [refAt('a')], 1000, SIGNAL).catch((error: unknown) => error)
    await first.node.stop()
    expect(await open).toMatchObject({ code: 'disconnected' })
    expect(peers.snapshots()).toMatchObject([{ state: 'disconnected', reason: 'disconnected' }])
    expect(pauses.map(({ ms }) => ms)).toEqual([1000])

    goOn()
    await until(peers, () => reasonOf(peers) === 'dialFailed')
    expect(pauses.map(({ ms }) => ms)).toEqual([2000])
    expect(peers.snapshots()[0]?.message).not.toContain('undefined')

    const second = await startServer({ privateKey, listen: [first.address.replace(/\/p2p\/.*/, '')] })
    goOn()
    const again = await firstPeer(peers)
    expect(again.id).toBe(first.id)
    expect(await again.getCode([ROOT], 1000, SIGNAL)).toEqual([ROOT])
    expect(reasonOf(peers)).toBeUndefined()

    // A connection this old resets the pauses.
    goOn(STABLE_CONNECTION_MS)
    await second.node.stop()
    await until(peers, () => reasonOf(peers) === 'disconnected')
    expect(pauses.map(({ ms }) => ms)).toEqual([1000])
  })

  test('behavior: a connection that does not hold lets the pauses grow', async () => {
    const { address, serving, node } = await startServer()
    const { peers, pauses, goOn } = await startClient([address])
    for (const ms of [1000, 2000, 4000]) {
      await firstPeer(peers)
      for (const connection of node.getConnections()) await connection.close()
      await until(peers, () => reasonOf(peers) === 'disconnected')
      expect(pauses.map((pause) => pause.ms)).toEqual([ms])
      goOn()
    }
    await firstPeer(peers)
    await expect.poll(() => serving.counters().peers).toBe(1)
  })

  test('error: unsupportedProtocol: a node that does not speak ours', async () => {
    const other = await listen()
    const { peers, node } = await startClient([String(other.getMultiaddrs()[0])])
    await until(peers, () => reasonOf(peers) === 'unsupportedProtocol')
    expect(peers.snapshots()).toMatchObject([{ state: 'disconnected' }])
    expect(node.getConnections()).toEqual([])
  })

  test('error: wrongChain: a peer of another chain, unless one of the two has none in particular', async () => {
    const { address } = await startServer()
    const { peers, node } = await startClient([address], statusOf(5))
    await until(peers, () => reasonOf(peers) === 'wrongChain')
    expect(node.getConnections()).toEqual([])
    const any = await startClient([address], statusOf(0))
    await firstPeer(any.peers)
  })

  test('error: duplicatePeer: one peer under two addresses', async () => {
    const counts: number[] = []
    const { address, serving } = await startServer({ onPeersChange: (count) => counts.push(count) })
    const { peers, goOn } = await startClient([address, address.replace(/\/p2p\/.*/, '')])
    await until(peers, () => peers.snapshots().some(({ reason }) => reason === 'duplicatePeer'))
    await until(peers, () => [...peers.connected()].length === 1)
    await expect.poll(() => serving.counters().peers).toBe(1)

    counts.length = 0
    goOn()
    await until(peers, () => peers.snapshots().every(({ state }) => state !== 'connecting'))
    expect(await [...peers.connected()][0]!.getCode([ROOT], 1000, SIGNAL)).toEqual([ROOT])
    expect(counts).toEqual([])
  })

  test('behavior: a liar is hung up on, and dialed again when its ban is over', async () => {
    const { address, serving } = await startServer()
    const { peers, node, pauses, goOn } = await startClient([address])
    const peer = await firstPeer(peers)
    peer.report({ kind: 'lie', reason: 'wrong hash' })
    expect(peers.snapshots()).toMatchObject([{ state: 'banned', reason: 'lied', message: 'wrong hash' }])
    expect(pauses.map(({ ms }) => ms)).toEqual([LIE_BAN_MS])
    await expect.poll(() => [node.getConnections().length, serving.counters().peers]).toEqual([0, 0])

    goOn(LIE_BAN_MS / 2)
    expect(peers.snapshots()).toMatchObject([{ state: 'banned' }])
    expect(pauses[0]?.ms).toBeCloseTo(LIE_BAN_MS / 2, -3)
    goOn(LIE_BAN_MS / 2)
    expect((await firstPeer(peers)).id).toBe(peer.id)
  })

  test('behavior: the ban of a peer holds at its other addresses', async () => {
    const { address } = await startServer()
    const { peers, goOn } = await startClient([address, address.replace(/\/p2p\/.*/, '')])
    const peer = await firstPeer(peers)
    await until(peers, () => peers.snapshots().some(({ reason }) => reason === 'duplicatePeer'))
    peer.report({ kind: 'lie', reason: 'wrong hash' })
    goOn()
    await until(peers, () => peers.snapshots().every(({ reason }) => reason === 'lied'))
    expect([...peers.connected()]).toEqual([])
  })

  test('behavior: a peer that lied in its last answer may not come back either', async () => {
    const { address, serving } = await startServer()
    const { peers, goOn } = await startClient([address])
    const peer = await firstPeer(peers)
    await serving.stop()
    await until(peers, () => reasonOf(peers) === 'disconnected')
    peer.report({ kind: 'lie', reason: 'wrong hash' })
    expect(peers.snapshots()).toMatchObject([{ state: 'banned', reason: 'lied' }])
    goOn()
    expect(peers.snapshots()).toMatchObject([{ state: 'banned' }])
  })

  test('behavior: stop hangs up, also in the middle of a dial, and may be called twice', async () => {
    const { address, serving } = await startServer()
    const connected = await startClient([address])
    const peer = await firstPeer(connected.peers)
    await connected.dialer.stop()
    await connected.dialer.stop()
    expect(connected.node.getConnections()).toEqual([])
    expect(connected.peers.snapshots()).toMatchObject([{ state: 'disconnected', reason: 'closed' }])
    expect(connected.pauses).toEqual([])
    await expect(peer.getCode([ROOT], 1, SIGNAL)).rejects.toMatchObject({ code: 'disconnected' })

    const dialing = await startClient([address])
    await dialing.dialer.stop()
    expect(dialing.peers.snapshots()).toMatchObject([{ state: 'disconnected', reason: 'closed' }])
    expect([dialing.node.getConnections(), dialing.pauses]).toEqual([[], []])
    await expect.poll(() => serving.counters().peers).toBe(0)

    dialing.dialer.start()
    await firstPeer(dialing.peers)
  })

  test('behavior: stop while nobody answers leaves no timer', async () => {
    const { peers, dialer, pauses } = await startClient(['/ip4/127.0.0.1/tcp/9/ws'])
    await until(peers, () => reasonOf(peers) === 'dialFailed')
    expect(pauses).toHaveLength(1)
    await dialer.stop()
    expect(pauses).toEqual([])
  })

  test('behavior: stop at the very moment at which a peer greets', async () => {
    const { address } = await startServer()
    const { peers, dialer, node } = await startClient([address])
    const stopped = new Promise<void>((resolve) => {
      const stopListening = peers.onChange(() => {
        stopListening()
        resolve(dialer.stop())
      })
    })
    await stopped
    expect(node.getConnections()).toEqual([])
    expect(peers.snapshots()).toMatchObject([{ state: 'disconnected' }])
    expect([...peers.connected()]).toEqual([])
  })

  test('error: a client that breaks the protocol is disconnected, and the server goes on', async () => {
    const violations: [ProtocolError, string][] = []
    const { address, serving } = await startServer({ onViolation: (error, id) => violations.push([error, id]) })
    const rude = await createDialingNode([parsePeer(address)])
    cleanups.push(async () => rude.stop())
    const connection = await rude.dial(parsePeer(address).multiaddr)
    const stream = await connection.newStream(PROTOCOL_ID)
    for (const piece of [...encodeStatus(statusOf(1)), Uint8Array.of(1, 0x80)]) stream.send(piece)
    await expect.poll(() => violations).toMatchObject([[{ code: 'malformedMessage' }, rude.peerId.toString()]])
    await expect.poll(() => [rude.getConnections().length, serving.counters().peers]).toEqual([0, 0])
    await firstPeer((await startClient([address])).peers)
  })

  test('behavior: counts peers as they come and go', async () => {
    const counts: number[] = []
    const { address, serving } = await startServer({ onPeersChange: (count) => counts.push(count) })
    const { peers, dialer } = await startClient([address])
    await firstPeer(peers)
    await dialer.stop()
    await expect.poll(() => counts).toEqual([1, 0])
    expect(serving.counters().bytesReceived).toBeGreaterThan(0)
  })
})

describe('connectPeer', () => {
  const connect = (address: string, node: DialingNode, signal: AbortSignal) =>
    connectPeer(parsePeer(address), {
      caller: callerOf(node),
      peers: new PeerSet(),
      status: statusOf(1),
      clock: systemClock,
      onLeave: () => {},
      onLateBlame: () => {},
      signal,
    })

  test('default: a signal that is aborted afterwards does not matter', async () => {
    const { address } = await startServer()
    const { node } = await startClient([address])
    const controller = new AbortController()
    const { peer } = await connect(address, node, controller.signal)
    controller.abort()
    expect(await peer.getCode([ROOT], 1000, SIGNAL)).toEqual([ROOT])
  })

  test('error: dialFailed: a connection that is open in name only is hung up', async () => {
    let closed = 0
    const zombie = {
      remotePeer: 'somebody',
      newStream: () => Promise.reject(new Error('the muxer is closed')),
      close: async () => void closed++,
    } as unknown as Connection
    const node: DialingNode = { dial: async () => zombie }
    await expect(connect('/ip4/127.0.0.1/tcp/9/ws', node, SIGNAL)).rejects.toMatchObject({ code: 'dialFailed' })
    expect(closed).toBe(1)
  })
})

describe('createDialingNode', () => {
  test('error: dials no address that the application did not name', async () => {
    const [named, other] = [await startServer(), await startServer()]
    const node = await createDialingNode([parsePeer(named.address)])
    cleanups.push(async () => node.stop())
    await expect(node.dial(parsePeer(other.address).multiaddr)).rejects.toThrow('gater')
  })
})

describe('createListeningNode', () => {
  test('default: keeps its identity with its private key', async () => {
    const privateKey = await createPrivateKey()
    const [one, two] = [await listen({ privateKey }), await listen({ privateKey })]
    expect(one.peerId.toString()).toBe(two.peerId.toString())
    expect((await listen()).peerId.toString()).not.toBe(one.peerId.toString())
  })

  test('error: addressInUse, and the other addresses are let go', async () => {
    const first = await listen()
    const taken = String(first.getMultiaddrs()[0]).replace(/\/p2p\/.*/, '')
    const spare = String((await listen()).getMultiaddrs()[0]).replace(/\/p2p\/.*/, '')
    await cleanups.pop()?.()
    await expect(listen({ listen: [spare, taken] })).rejects.toMatchObject({ code: 'addressInUse' })
    await listen({ listen: [spare] })
  })

  test('error: listenFailed, badMultiaddr, badPrivateKey', async () => {
    await expect(listen({ listen: ['/ip4/203.0.113.1/tcp/0/ws'] })).rejects.toMatchObject({
      code: 'listenFailed',
      message: expect.stringMatching(/^cannot listen on .*: EADDRNOTAVAIL: address not available/),
    })
    await expect(listen({ listen: ['/ip4/127.0.0.1'] })).rejects.toMatchObject({ code: 'badMultiaddr' })
    await expect(listen({ privateKey: Uint8Array.of(1, 2) })).rejects.toMatchObject({ code: 'badPrivateKey' })
  })
})

/**
 * A tab with a hostile peer, over WebSockets on the loopback interface. The peer's messages are written from SPEC.md
 * (`src/testing/hostile`). The test controls the tab's clock.
 */
import type { MessageStream, Stream } from '@libp2p/interface'
import { concatBytes } from '@noble/hashes/utils.js'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { statusOf } from '../../protocol/messages.ts'
import { frame, nodes, PROTOCOL, prefix, repeated, STATUS } from '../../testing/hostile/wire-bytes.ts'
import { ManualClock } from '../../testing/manual-clock.ts'
import { seededRandom } from '../../testing/random.ts'
import { ROOT_PATH } from '../../trie/path.ts'
import { parsePeer } from '../address.ts'
import { DIAL_TIMEOUT_MS, LIE_BAN_MS, MIN_REQUEST_BYTES, STALL_BAN_MS } from '../constants.ts'
import { createDialingNode } from '../libp2p/dialing-node.ts'
import { callerOf } from '../libp2p/libp2p-caller.ts'
import { createListeningNode } from '../libp2p/listening-node.ts'
import { Dialer } from './dialer.ts'
import type { NetworkPeer } from './peer.ts'
import { PeerSet } from './peer-set.ts'

const MAX_ANSWER_BYTES = 4_194_304
const ROOT = new Uint8Array(32).fill(0xaa)
const REF = { path: ROOT_PATH, hash: ROOT, maxNodes: 0 }
const cleanups: (() => Promise<unknown>)[] = []

beforeAll(() => {
  // Node 20 has no WebSocket to dial with.
  Object.assign(globalThis, { WebSocket })
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** The connection below yamux, private to libp2p. */
interface Carried {
  readonly muxer: { readonly maConn: MessageStream }
}

/** Connects a tab to a peer that calls `speak` with each stream of the tab. */
async function setUp(speak: (stream: Stream) => void) {
  const server = await createListeningNode({ listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
  cleanups.push(async () => server.stop())
  const carriers: MessageStream[] = []
  await server.handle(PROTOCOL, (stream, connection) => {
    stream.addEventListener('message', () => {})
    carriers.push((connection as unknown as Carried).muxer.maConn)
    speak(stream)
  })
  const addresses = [parsePeer(String(server.getMultiaddrs()[0]))]
  const node = await createDialingNode(addresses)
  const clock = new ManualClock()
  const peers = new PeerSet(clock)
  const dialer = new Dialer({ caller: callerOf(node), peers, addresses, status: statusOf(1), clock, random: () => 1 })
  cleanups.push(async () => {
    await dialer.stop()
    await node.stop()
  })
  dialer.start()
  const connections = () => node.getConnections().length
  return { peers, clock, connections, below: () => carriers[0]! }
}

/** Sends `bytes` after our first request: the second message on the stream. */
function onRequest(stream: Stream, ...bytes: Uint8Array[]): void {
  stream.send(STATUS)
  let asked = 0
  stream.addEventListener('message', () => {
    if (++asked === 2) for (const piece of bytes) if (stream.status === 'open') stream.send(piece)
  })
}

const snapshot = (peers: PeerSet) => peers.snapshots()[0]

async function connected(peers: PeerSet): Promise<NetworkPeer> {
  await expect.poll(() => snapshot(peers)?.state).toBe('connected')
  return [...peers.connected()][0]!
}

describe('Dialer and a hostile server', () => {
  const random = seededRandom(1)
  test.each<[string, string, Uint8Array[]]>([
    ['frameTooLarge', 'a frame that is too long', [STATUS, prefix(MAX_ANSWER_BYTES + 1)]],
    ['malformedMessage', 'a length without end', [STATUS, new Uint8Array(1000).fill(0xff)]],
    ['malformedMessage', 'garbage', [STATUS, prefix(5_000), random.bytes(5_000)]],
    ['statusExpected', 'no Status first', [nodes(1)]],
    ['tooManyStatuses', 'Statuses without end', [repeated(STATUS, 5_000)]],
    ['unexpectedAnswer', 'an answer that nobody asked for', [STATUS, nodes(7)]],
    ['unexpectedMessage', 'a request', [STATUS, frame(5, 1, 1000, [ROOT])]],
    [
      'tooManyItems',
      'a Status of more roots than there may be',
      [frame(0, 0, 1, 1, new Array(129).fill([ROOT, 1, []]), [1, 1, 1, 1])],
    ],
  ])('error: %s: %s: it is hung up on and kept out', async (code, _, bytes) => {
    const { peers, connections } = await setUp((stream) => {
      for (const piece of bytes) if (stream.status === 'open') stream.send(piece)
    })
    await expect.poll(() => snapshot(peers)).toMatchObject({ state: 'banned', reason: 'protocolViolation' })
    expect(snapshot(peers)?.message).toContain(code)
    await expect.poll(connections).toBe(0)
  })

  test.each<[string, string, Uint8Array]>([
    ['more items than were asked for', 'answerTooLarge', frame(2, 1, [ROOT, ROOT])],
    ['more bytes than were asked for', 'answerTooLarge', frame(2, 1, [new Uint8Array(100_000)])],
    ['an answer twice', 'unexpectedAnswer', concatBytes(nodes(1), nodes(1))],
  ])('error: %s: what was asked rejects or is answered, and the peer is kept out', async (_, code, bytes) => {
    const { peers, connections, clock } = await setUp((stream) => onRequest(stream, bytes))
    const peer = await connected(peers)
    await Promise.allSettled([peer.getNodes(ROOT, [REF], 1000)])
    await expect.poll(() => snapshot(peers)).toMatchObject({ state: 'banned', reason: 'protocolViolation' })
    expect(snapshot(peers)?.message).toContain(code)
    expect(clock.pending).toEqual([LIE_BAN_MS])
    await expect.poll(connections).toBe(0)
  })

  test.each<[string, Uint8Array]>([
    ['streams without end', repeated(new Uint8Array([0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0]), 100_000)],
    ['pings without end', repeated(new Uint8Array([0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), 100_000)],
    ['a frame that no window allows', new Uint8Array([0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 0, 0, 0])],
  ])('error: protocolViolation: below the protocol: %s: it is hung up on and kept out', async (_, bytes) => {
    const { peers, clock, connections, below } = await setUp((stream) => stream.send(STATUS))
    await connected(peers)
    below().send(bytes)
    await expect.poll(() => snapshot(peers)).toMatchObject({ state: 'banned', reason: 'protocolViolation' })
    expect(snapshot(peers)?.message).toContain('muxerViolation')
    expect(clock.pending).toEqual([LIE_BAN_MS])
    await expect.poll(connections).toBe(0)
    await expect.poll(() => below().status).not.toBe('open')
  })

  test('error: dialFailed: a peer that opens a stream and says nothing', async () => {
    let streams = 0
    const { peers, clock, connections } = await setUp(() => streams++)
    await expect.poll(() => streams).toBe(1)
    clock.advance(DIAL_TIMEOUT_MS)
    await expect.poll(() => snapshot(peers)).toMatchObject({ state: 'banned', reason: 'dialFailed' })
    expect(clock.pending).toEqual([STALL_BAN_MS])
    await expect.poll(connections).toBe(0)
  })

  test('error: disconnected: a peer that ends its half of the stream', async () => {
    const { peers, connections } = await setUp((stream) => {
      stream.send(STATUS)
      stream.close().catch(() => {})
    })
    await expect.poll(() => snapshot(peers)?.reason).toBe('disconnected')
    await expect.poll(connections).toBe(0)
  })

  test('error: stalled: a peer whose answer never ends, however much of it comes', async () => {
    const { peers, connections, clock } = await setUp((stream) =>
      onRequest(stream, prefix(MAX_ANSWER_BYTES), new Uint8Array(1_000_000)),
    )
    const peer = await connected(peers)
    const answer = peer.getNodes(ROOT, [REF], MIN_REQUEST_BYTES).catch((error: unknown) => error)
    await expect.poll(() => peer.wireBytes).toBeGreaterThan(1_000_000)
    // The loop's report after the timeout.
    peer.report({ kind: 'timeout', maxBytes: MIN_REQUEST_BYTES })
    expect(await answer).toMatchObject({ code: 'disconnected' })
    expect(snapshot(peers)).toMatchObject({ state: 'banned', reason: 'stalled' })
    expect(clock.pending).toEqual([STALL_BAN_MS])
    await expect.poll(connections).toBe(0)
  })
})

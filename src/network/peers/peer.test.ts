/** A peer and the set of peers, with a responder in memory at the other end. */
import { describe, expect, test } from 'vitest'
import { MAX_STATUS_SPANS } from '../../protocol/constants.ts'
import { EVERYTHING, statusOf } from '../../protocol/messages.ts'
import { Responder } from '../../protocol/responder.ts'
import type { Wire } from '../../protocol/wire.ts'
import { ManualClock, settle } from '../../testing/manual-clock.ts'
import { createWirePair } from '../../testing/memory-wire.ts'
import type { NodeSource } from '../../trie/node-source.ts'
import { type Path, ROOT_PATH } from '../../trie/path.ts'
import {
  LIE_BAN_MS,
  MAX_REQUEST_BYTES,
  MIN_REQUEST_BYTES,
  SCORE_HALF_LIFE_MS,
  START_REQUEST_BYTES,
  USEFUL_SCORE,
} from '../constants.ts'
import type { Departure } from '../departure.ts'
import { NetworkPeer } from './peer.ts'
import { PeerSet } from './peer-set.ts'

const ROOT = new Uint8Array(32).fill(0xaa)
const REF = { path: ROOT_PATH, hash: ROOT, maxNodes: 0 }
const ADDRESS = '/ip4/10.0.0.1/tcp/9000/ws'
const SERVED = statusOf(1, [{ root: ROOT, blockNumber: 7, coverage: EVERYTHING }])
const source: NodeSource = {
  has: () => true,
  run: async () => new Uint8Array(500),
  path: async () => new Uint8Array(),
  code: async () => undefined,
}

/** Returns a peer in a set; `departures` collects the reasons for leaving. */
async function setUp(wire?: Wire, served = SERVED) {
  const clock = new ManualClock()
  const [ours, theirs] = createWirePair()
  const responder = new Responder({ wire: theirs, source, status: served, clock })
  responder.start()
  const departures: Departure[] = []
  const lateBlames: Departure[] = []
  const peers = new PeerSet(clock)
  let changes = 0
  peers.onChange(() => changes++)
  peers.connecting(ADDRESS, 'websocket')
  const peer = new NetworkPeer({
    id: 'id',
    address: ADDRESS,
    transport: 'websocket',
    wire: wire ?? ours,
    status: statusOf(1),
    score: peers.scoreOf(ADDRESS, 'websocket'),
    clock,
    onStatus: () => peers.changed(),
    onLeave(departure) {
      departures.push(departure)
      peers.leave(ADDRESS, 'websocket', departure, 'id')
    },
    onLateBlame: (departure) => lateBlames.push(departure),
  })
  if (wire === undefined) {
    await peer.start()
    peers.join(peer)
  }
  return { clock, responder, departures, lateBlames, peers, peer, changes: () => changes }
}

describe('NetworkPeer', () => {
  test('behavior: it is asked for no more than its Status allows', async () => {
    const limits = { ...SERVED.limits, maxResponseBytes: 20_000 }
    const { peer } = await setUp(undefined, { ...SERVED, limits })
    expect(peer.requestBytes()).toBe(20_000)
    peer.report({ kind: 'useful', bytes: 10_000_000, elapsedMs: 10 })
    expect(peer.requestBytes()).toBe(20_000)
  })

  test('behavior: with as many spans as a Status may have, it says of each path whether one covers it', async () => {
    const path = (i: number) => i.toString(16).padStart(4, '0')
    const spans = Array.from({ length: MAX_STATUS_SPANS }, (_, i) => ({ start: path(4 * i + 1), end: path(4 * i + 3) }))
    const { peer, responder } = await setUp()
    responder.sendStatus(statusOf(1, [{ root: ROOT, blockNumber: 7, coverage: spans }]))
    await settle()
    for (let i = 0; i < 4 * MAX_STATUS_SPANS; i++) {
      expect(peer.mayHave(ROOT, path(i) as Path)).toBe(i % 4 === 1 || i % 4 === 2)
      expect(peer.mayHave(ROOT, `${path(i)}0` as Path)).toBe(i % 4 === 1 || i % 4 === 2)
    }
    expect(peer.mayHave(ROOT, ROOT_PATH)).toBe(false)
  })

  test('default: answers with what the other side has', async () => {
    const { peer, peers } = await setUp()
    expect([...peers.connected()]).toEqual([peer])
    const runs = await peer.getNodes(ROOT, [REF], 1000)
    expect(runs.map(({ length }) => length)).toEqual([500])
    expect(await peer.getCode([ROOT], 1000)).toEqual([new Uint8Array()])
    expect(await peer.getPaths(ROOT, [{ ...REF, key: 'ab'.repeat(32) as never }], 1000)).toEqual([new Uint8Array()])
  })

  test('default: may have the roots of its Status, and no others; any root before its Status', async () => {
    const { peer, responder } = await setUp()
    const other = new Uint8Array(32)
    expect([peer.mayHave(ROOT), peer.mayHave(other)]).toEqual([true, false])
    responder.sendStatus(statusOf(1, [{ root: other, blockNumber: 8, coverage: [] }]))
    await expect.poll(() => peer.mayHave(other)).toBe(true)
    expect(peer.mayHave(ROOT)).toBe(false)
    const silent = await setUp(createWirePair()[0])
    expect(silent.peer.mayHave(other)).toBe(true)
  })

  test('behavior: a useful answer is measured and scored', async () => {
    const { peer, peers } = await setUp()
    peer.report({ kind: 'useful', bytes: 100_000, elapsedMs: 250 })
    expect(peer.requestBytes()).toBe(200_000)
    expect(peers.snapshots()).toMatchObject([{ bytesPerSecond: 400_000, roundTripMs: 250, score: USEFUL_SCORE }])
  })

  test('behavior: after more useless than useful answers it is asked last, until that is forgotten', async () => {
    const { peer, clock } = await setUp()
    const standing = [peer.isUnreliable]
    peer.report({ kind: 'empty' })
    standing.push(peer.isUnreliable)
    peer.report({ kind: 'useful', bytes: 1, elapsedMs: null })
    standing.push(peer.isUnreliable)
    peer.report({ kind: 'timeout', maxBytes: MAX_REQUEST_BYTES })
    standing.push(peer.isUnreliable)
    clock.advance(4 * SCORE_HALF_LIFE_MS)
    expect([...standing, peer.isUnreliable]).toEqual([false, true, false, true, false])
  })

  test('behavior: timeouts halve what is asked for, until the smallest request, whose timeout disconnects', async () => {
    const { peer, peers, departures } = await setUp()
    expect(peer.requestBytes()).toBe(START_REQUEST_BYTES)
    while (peer.requestBytes() > MIN_REQUEST_BYTES) peer.report({ kind: 'timeout', maxBytes: peer.requestBytes() })
    expect(departures).toEqual([])
    peer.report({ kind: 'timeout', maxBytes: peer.requestBytes() })
    expect(departures).toMatchObject([{ reason: 'stalled' }])
    expect([...peers.connected()]).toEqual([])
  })

  test('error: disconnected: a lie rejects what is open and keeps the peer out for a while', async () => {
    const { peer, peers, departures, clock } = await setUp()
    const open = peer.getNodes(ROOT, [REF], 1000)
    peer.report({ kind: 'lie', reason: 'wrong hash' })
    peer.report({ kind: 'empty' })
    await expect(open).rejects.toMatchObject({ code: 'disconnected' })
    expect(departures).toEqual([{ reason: 'lied', banMs: LIE_BAN_MS, message: 'wrong hash' }])
    expect(peers.banOf('id')).toMatchObject({ reason: 'lied', banMs: LIE_BAN_MS })
    expect(peers.banOf(ADDRESS)).toMatchObject({ reason: 'lied' })
    expect(peers.snapshots()).toMatchObject([{ state: 'banned', reason: 'lied', message: 'wrong hash' }])
    clock.advance(LIE_BAN_MS)
    expect([peers.banOf('id'), peers.banOf(ADDRESS)]).toEqual([undefined, undefined])
    expect(peers.snapshots()).toMatchObject([{ state: 'disconnected', reason: 'lied' }])
  })

  test('behavior: a lie that is found after the peer has left is told as well', async () => {
    const { peer, responder, departures, lateBlames } = await setUp()
    responder.close()
    await expect.poll(() => departures).toEqual([{ reason: 'disconnected', banMs: 0 }])
    peer.report({ kind: 'lie', reason: 'wrong hash' })
    expect(departures).toHaveLength(1)
    expect(lateBlames).toMatchObject([{ reason: 'lied' }])
  })

  test('behavior: a stream that breaks says why', async () => {
    const [ours, theirs] = createWirePair()
    const { peer, departures } = await setUp(ours)
    const status = peer.start()
    theirs.abort(new Error('broken'))
    await expect(status).rejects.toMatchObject({ code: 'disconnected' })
    expect(departures).toEqual([{ reason: 'disconnected', banMs: 0, message: 'the other side reset the wire' }])
  })

  test('error: protocol: a peer that breaks the protocol is kept out like a liar', async () => {
    const [ours, theirs] = createWirePair()
    const { peer, departures } = await setUp(ours)
    theirs.open({ onChunk: () => {}, onClose: () => {} })
    const status = peer.start()
    await theirs.send([Uint8Array.of(1, 0x80)])
    await expect(status).rejects.toMatchObject({ code: 'protocol' })
    expect(departures).toMatchObject([{ reason: 'protocolViolation', banMs: LIE_BAN_MS }])
  })
})

describe('PeerSet', () => {
  test('default: a snapshot says what an application shows', async () => {
    const { peers, peer } = await setUp()
    const idle = {
      id: 'id',
      transport: 'websocket',
      address: ADDRESS,
      state: 'connected',
      bytesPerSecond: 0,
      roundTripMs: 0,
      score: 0,
      roots: [`0x${'aa'.repeat(32)}`],
      wireBytes: peer.wireBytes,
    }
    expect(peers.snapshots()).toEqual([idle])
    expect(structuredClone(peers.snapshots())).toEqual([idle])
    const open = peer.getNodes(ROOT, [REF], 1000)
    expect(peers.snapshots()).toMatchObject([{ state: 'busy' }])
    await open
    expect(peers.snapshots()).toMatchObject([{ state: 'connected' }])
  })

  test('behavior: tells of peers that come, change and go, until it is told to stop', async () => {
    const { peers, peer, responder, changes } = await setUp()
    let told = 0
    const stop = peers.onChange(() => told++)
    const before = changes()
    responder.sendStatus(statusOf(1))
    await expect.poll(() => changes()).toBe(before + 1)
    peer.disconnect({ reason: 'closed', banMs: 0 })
    expect(changes()).toBe(before + 2)
    stop()
    peers.connecting(ADDRESS, 'websocket')
    expect([changes(), told]).toEqual([before + 3, 2])
    expect(peers.snapshots()).toMatchObject([{ state: 'connecting', reason: 'closed' }])
  })

  test('behavior: counts the bytes of peers that have left', async () => {
    const { peers, peer } = await setUp()
    await peer.getNodes(ROOT, [REF], 1000)
    const bytes = peers.wireBytes()
    expect(bytes).toBeGreaterThan(500)
    peer.disconnect({ reason: 'closed', banMs: 0 })
    expect(peers.wireBytes()).toBe(bytes)
    expect(peers.snapshots()).toMatchObject([{ wireBytes: bytes }])
  })

  test('behavior: the score outlives a connection', async () => {
    const { peers, peer } = await setUp()
    peer.report({ kind: 'empty' })
    peer.disconnect({ reason: 'closed', banMs: 0 })
    expect(peers.snapshots()[0]?.score).toBeLessThan(0)
    expect(peers.scoreOf(ADDRESS, 'websocket').at(0)).toBeLessThan(0)
  })
})

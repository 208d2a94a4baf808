/** The dialer alone, with a node that reaches nobody; with real ones: `network.test.ts`. */
import { describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../protocol/messages.ts'
import { ManualClock, settle } from '../testing/manual-clock.ts'
import { parsePeer } from './address.ts'
import { MAX_FOUND_FAILURES, MAX_FOUND_PEERS, MIN_REDIAL_MS } from './constants.ts'
import { Dialer } from './dialer.ts'
import { PeerSet } from './peer-set.ts'

const ADDRESS = '/ip4/127.0.0.1/tcp/1/ws'
const STATUS = { chainId: 1, roots: [], limits: DEFAULT_LIMITS }

const idOf = (i: number) =>
  `12D3KooWGC7hTrWYnKkCiJHhWbKFWGUqmDV3xGcPCyBHJEvGgP${String.fromCharCode(65 + (i >> 2))}${'abcd'[i & 3]}`
const tab = (i: number) => parsePeer(`${ADDRESS}/p2p/${idOf(20)}/p2p-circuit/webrtc/p2p/${idOf(i)}`)

function unreachable() {
  const clock = new ManualClock()
  const dialed: number[] = []
  const caller = {
    dial: async () => {
      dialed.push(clock.now())
      throw new Error('nobody answers')
    },
  }
  const peers = new PeerSet(clock)
  const dialer = new Dialer({
    caller,
    peers,
    addresses: [parsePeer(ADDRESS)],
    status: STATUS,
    clock,
    random: () => 1,
  })
  return { clock, dialed, peers, dialer }
}

describe('Dialer', () => {
  test('default: dials again after pauses that grow', async () => {
    const { clock, dialed, dialer } = unreachable()
    dialer.start()
    await clock.pass(MIN_REDIAL_MS * 7)
    expect(dialed).toEqual([0, MIN_REDIAL_MS, MIN_REDIAL_MS * 3, MIN_REDIAL_MS * 7])
    await dialer.stop()
    expect(clock.pending).toEqual([])
  })

  test('behavior: redial waits for no pause, and the pauses start anew', async () => {
    const { clock, dialed, dialer } = unreachable()
    dialer.start()
    await clock.pass(MIN_REDIAL_MS * 3)
    await clock.pass(1)
    dialer.redial()
    await clock.pass(MIN_REDIAL_MS)
    const again = MIN_REDIAL_MS * 3 + 1
    expect(dialed).toEqual([0, MIN_REDIAL_MS, MIN_REDIAL_MS * 3, again, again + MIN_REDIAL_MS])
    await dialer.stop()
  })

  test("behavior: a peer that somebody told of is dialed some times, and forgotten; the application's are not", async () => {
    const { clock, dialed, peers, dialer } = unreachable()
    dialer.start()
    await settle()
    dialer.add(parsePeer(ADDRESS))
    dialer.add(tab(0))
    await settle()
    expect(peers.snapshots().length).toBe(2)
    await clock.pass(MIN_REDIAL_MS * 7)
    expect(peers.snapshots().map(({ address }) => address)).toEqual([ADDRESS])
    expect(dialed.length).toBe(4 + MAX_FOUND_FAILURES)
    dialer.add(tab(0))
    await settle()
    expect(dialed.length).toBe(5 + MAX_FOUND_FAILURES)
    await dialer.stop()
    expect(clock.pending).toEqual([])
  })

  test('behavior: of all that are told of it dials some, and none that is banned', async () => {
    const { dialed, peers, dialer } = unreachable()
    dialer.start()
    await settle()
    peers.leave('/elsewhere', 'webrtc', { reason: 'lied', banMs: 60_000 }, idOf(0))
    for (let i = 0; i < 20; i++) dialer.add(tab(i))
    await settle()
    expect(dialed.length).toBe(1 + MAX_FOUND_PEERS)
    expect(peers.snapshots().some(({ address }) => address === tab(0).text)).toBe(false)
    await dialer.stop()
  })

  test('behavior: redial does not lift a ban', async () => {
    const { clock, dialed, peers, dialer } = unreachable()
    peers.leave(ADDRESS, 'websocket', { reason: 'lied', banMs: 60_000 })
    dialer.start()
    await settle()
    dialer.redial()
    await clock.pass(59_000)
    expect(dialed).toEqual([])
    await clock.pass(2_000)
    expect(dialed.length).toBeGreaterThan(0)
    await dialer.stop()
  })
})

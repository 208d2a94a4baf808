/** The dialer alone, with a node that reaches no peer. For real peers, see `network.test.ts`. */
import { describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../protocol/messages.ts'
import { ManualClock, settle } from '../../testing/manual-clock.ts'
import { type PeerAddress, parsePeer } from '../address.ts'
import {
  DIAL_TIMEOUT_MS,
  LIE_BAN_MS,
  MAX_FOUND_FAILURES,
  MAX_FOUND_PEERS,
  MAX_SILENCE_BAN_MS,
  MIN_REDIAL_MS,
  STALL_BAN_MS,
} from '../constants.ts'
import { DialError } from '../dial-error.ts'
import { Dialer } from './dialer.ts'
import { PeerSet } from './peer-set.ts'

const ADDRESS = '/ip4/127.0.0.1/tcp/1/ws'
const STATUS = { chainId: 1, roots: [], limits: DEFAULT_LIMITS }

const idOf = (i: number) =>
  `12D3KooWGC7hTrWYnKkCiJHhWbKFWGUqmDV3xGcPCyBHJEvGgP${String.fromCharCode(65 + (i >> 2))}${'abcd'[i & 3]}`
const tab = (i: number) => parsePeer(`${ADDRESS}/p2p/${idOf(20)}/p2p-circuit/webrtc/p2p/${idOf(i)}`)

/** Returns a node that reaches no peer: refused, without an answer, or with a lying peer. */
function unreachable(how: 'refused' | 'silent' | 'lying' = 'refused') {
  const clock = new ManualClock()
  const dialed: number[] = []
  const caller = {
    dial: async (_: PeerAddress, signal: AbortSignal) => {
      dialed.push(clock.now())
      if (how === 'silent') await new Promise((_, reject) => signal.addEventListener('abort', reject))
      if (how === 'lying') throw new DialError({ reason: 'lied', banMs: LIE_BAN_MS })
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

  test('behavior: a dial that takes too long is a ban, for longer each time, and the network that is back lifts it', async () => {
    const { clock, dialed, dialer } = unreachable('silent')
    dialer.start()
    await clock.pass(3 * DIAL_TIMEOUT_MS + 3 * STALL_BAN_MS)
    const second = DIAL_TIMEOUT_MS + STALL_BAN_MS
    const third = second + DIAL_TIMEOUT_MS + 2 * STALL_BAN_MS
    expect(dialed).toEqual([0, second, third])
    await clock.pass(DIAL_TIMEOUT_MS)
    expect(clock.pending.length).toBe(1)
    dialer.redial()
    await settle()
    expect(dialed.length).toBe(4)
    await dialer.stop()
    expect(clock.pending).toEqual([])
  })

  test('behavior: the ban for silence has a longest, and ends with a connection that holds', async () => {
    const { clock, dialed, dialer } = unreachable('silent')
    dialer.start()
    await clock.pass(10 * (DIAL_TIMEOUT_MS + MAX_SILENCE_BAN_MS))
    const [last, before] = [dialed.at(-1)!, dialed.at(-2)!]
    expect(last - before).toBe(DIAL_TIMEOUT_MS + MAX_SILENCE_BAN_MS)
    await dialer.stop()
  })

  test('behavior: places of found peers that are kept out go to others, and the bans are remembered', async () => {
    const { clock, dialed, peers, dialer } = unreachable('lying')
    dialer.start()
    for (let i = 0; i < MAX_FOUND_PEERS; i++) dialer.add(tab(i))
    await settle()
    expect(dialed.length).toBe(1 + MAX_FOUND_PEERS)
    // All of these lie. Others may take their places at once, but not they themselves.
    for (let i = 0; i < 2 * MAX_FOUND_PEERS; i++) dialer.add(tab(i))
    await settle()
    expect(dialed.length).toBe(1 + 2 * MAX_FOUND_PEERS)
    expect(peers.banOf(tab(0).text)).toMatchObject({ reason: 'lied' })
    expect(peers.snapshots().map(({ address }) => address)).toEqual([ADDRESS])
    await clock.pass(1)
    await dialer.stop()
  })

  test('behavior: a start in the middle of a stop dials again, and nobody is blamed for our leaving', async () => {
    const { clock, dialed, peers, dialer } = unreachable('silent')
    dialer.start()
    await settle()
    const stopped = dialer.stop()
    dialer.start()
    await stopped
    expect(peers.banOf(ADDRESS)).toBeUndefined()
    await clock.pass(MIN_REDIAL_MS)
    expect(dialed).toEqual([0, MIN_REDIAL_MS])
    await dialer.stop()
    expect(clock.pending).toEqual([])
  })
})

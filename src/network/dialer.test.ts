/** The dialer alone, with a node that reaches nobody; with real ones: `network.test.ts`. */
import { describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../protocol/messages.ts'
import { ManualClock, settle } from '../testing/manual-clock.ts'
import { parsePeer } from './address.ts'
import { MIN_REDIAL_MS } from './constants.ts'
import { Dialer } from './dialer.ts'
import { PeerSet } from './peer-set.ts'

const ADDRESS = '/ip4/127.0.0.1/tcp/1/ws'
const STATUS = { chainId: 1, roots: [], limits: DEFAULT_LIMITS }

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

import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { ManualClock, settle } from '../../testing/manual-clock.ts'
import { ConnectionError } from '../connection-error.ts'
import { DIAL_TIMEOUT_MS, LIE_BAN_MS, MIN_REDIAL_MS, STALL_BAN_MS } from '../constants.ts'
import { RelayKeeper } from './relay-keeper.ts'

const RELAY = multiaddr('/ip4/127.0.0.1/tcp/9000/ws')

/** Returns a keeper of one relay; the test ends the dials. */
function setUp() {
  const clock = new ManualClock()
  const dials: { at: number; resolve: (connection: Connection) => void; reject: (error: Error) => void }[] = []
  const keeper = new RelayKeeper({
    relays: [RELAY],
    dial: (_, { signal }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')))
        dials.push({ at: clock.now(), resolve, reject })
      }),
    clock,
    random: () => 1,
  })
  return { clock, dials, keeper }
}

const connection = () => Object.assign(new EventTarget(), { status: 'open' }) as unknown as Connection & EventTarget

describe('RelayKeeper', () => {
  test('default: dials again when the relay has gone, and no more when it is stopped', async () => {
    const { clock, dials, keeper } = setUp()
    keeper.start()
    keeper.start()
    const first = connection()
    dials[0]?.resolve(first)
    await settle()
    first.dispatchEvent(new Event('close'))
    await clock.pass(MIN_REDIAL_MS)
    expect(dials.map(({ at }) => at)).toEqual([0, MIN_REDIAL_MS])
    const second = connection()
    dials[1]?.resolve(second)
    await settle()
    keeper.stop()
    second.dispatchEvent(new Event('close'))
    expect(clock.pending).toEqual([])
  })

  test('behavior: after a failure it waits, each time longer; a dial that hangs is a failure', async () => {
    const { clock, dials, keeper } = setUp()
    keeper.start()
    dials[0]?.reject(new Error('nobody answers'))
    await clock.pass(MIN_REDIAL_MS * 2)
    await clock.pass(DIAL_TIMEOUT_MS + MIN_REDIAL_MS * 4)
    expect(dials.map(({ at }) => at)).toEqual([0, MIN_REDIAL_MS * 2, MIN_REDIAL_MS * 6 + DIAL_TIMEOUT_MS])
    keeper.stop()
    await settle()
    expect(clock.pending).toEqual([])
  })

  test('behavior: a relay that broke a limit below the protocol is not dialed again for as long as a liar', async () => {
    const { clock, dials, keeper } = setUp()
    keeper.start()
    const first = connection()
    dials[0]?.resolve(first)
    await settle()
    const error = new ConnectionError('muxerViolation', 'too much')
    first.dispatchEvent(Object.assign(new Event('close'), { error }))
    await clock.pass(LIE_BAN_MS)
    expect(dials.map(({ at }) => at)).toEqual([0, LIE_BAN_MS])
    dials[1]?.reject(new ConnectionError('silentPeer', 'nothing'))
    await clock.pass(STALL_BAN_MS)
    expect(dials.map(({ at }) => at)).toEqual([0, LIE_BAN_MS, LIE_BAN_MS + STALL_BAN_MS])
    keeper.stop()
  })
})

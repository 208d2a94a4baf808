import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { parsePeer } from '../../network/address.ts'
import { PeerSet } from '../../network/peers/peer-set.ts'
import type { WindowCaller } from '../../network/window/window-caller.ts'
import { LOAD_TIMEOUT_MS } from '../../runtime/constants.ts'
import { ManualClock, settle } from '../../testing/manual-clock.ts'
import { PeerNetwork, type WebSocketNode } from './peer-network.ts'

const ID = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
const NEARBY = parsePeer(`/ip4/127.0.0.1/tcp/4001/ws/p2p/${ID}`)

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** A network with modules that fail to load `failures` times; `null`: the loading never ends. */
function setUp(failures: number | null, windowNode: WindowCaller | null = null) {
  const clock = new ManualClock()
  const peers = new PeerSet(clock)
  const seen = { loads: 0, dials: 0, stops: 0 }
  const loadWebSockets = async (): Promise<WebSocketNode> => {
    seen.loads++
    if (failures === null) return new Promise(() => {})
    if (seen.loads <= failures) throw new TypeError('no such chunk')
    const dial = () => {
      seen.dials++
      return Promise.reject(new Error('nobody there'))
    }
    return { node: { stop: async () => void seen.stops++ }, caller: { dial } }
  }
  const network = new PeerNetwork({ peers, addresses: [NEARBY], chainId: 1, windowNode, clock, loadWebSockets })
  return { clock, peers, seen, network }
}

describe('PeerNetwork', () => {
  test('error: what could not be loaded is in the list of peers, and why', async () => {
    const { network, peers } = setUp(1)
    network.start()
    await settle()
    expect(peers.snapshots()).toMatchObject([
      { state: 'disconnected', reason: 'loadFailed', message: 'libp2p could not be loaded: no such chunk' },
    ])
    expect(network.loadFailure).toMatchObject({
      code: 'loadFailed',
      details: { part: 'libp2p', message: 'no such chunk' },
    })
  })

  test('behavior: it is loaded again after pauses, and then peers are dialed', async () => {
    const { network, clock, seen } = setUp(3)
    network.start()
    await clock.pass(60_000)
    expect(seen.loads).toBe(4)
    expect(seen.dials).toBeGreaterThan(0)
    expect(network.loadFailure).toBe(null)
  })

  test('behavior: at once when the machine is online again', async () => {
    const { network, seen, clock } = setUp(1)
    network.start()
    await settle()
    network.redial()
    await settle()
    expect([seen.loads, seen.dials, clock.now()]).toEqual([2, 1, 0])
  })

  test('behavior: what was prepared in vain is loaded when it is needed', async () => {
    const { network, seen } = setUp(1)
    network.prepare()
    await settle()
    network.start()
    await settle()
    expect([seen.loads, seen.dials]).toEqual([2, 1])
  })

  test('error: in bounded time, where nothing comes', async () => {
    const { network, clock, peers } = setUp(null)
    network.start()
    await clock.pass(2 * LOAD_TIMEOUT_MS)
    expect(network.loadFailure).toMatchObject({ code: 'loadFailed' })
    expect(peers.snapshots()[0]!.reason).toMatch(/loadFailed|dialFailed/)
    await network.stop()
  })

  test('behavior: a node that comes after the end is stopped, and the end waits for none', async () => {
    const { network, seen } = setUp(0)
    network.prepare()
    await network.stop()
    await settle()
    expect(seen.stops).toBe(1)
  })

  test('behavior: the window is asked again until WebRTC is loaded, also if nobody is dialed', async () => {
    let starts = 0
    const windowNode: WindowCaller = {
      start: async () => {
        if (starts++ < 2) throw new TypeError('no such chunk')
      },
      stop: async () => {},
      dial: () => Promise.reject(new Error('nobody there')),
    }
    const { network, clock } = setUp(0, windowNode)
    network.start()
    await settle()
    expect(network.loadFailure).toMatchObject({ code: 'loadFailed', details: { part: 'WebRTC' } })
    await clock.pass(10_000)
    expect([starts, network.loadFailure]).toEqual([3, null])
  })

  test('behavior: what serves is loaded again until it is there', async () => {
    const { network, clock } = setUp(0)
    let loads = 0
    const start = vi.fn()
    network.serve(async () => {
      if (loads++ < 2) throw new TypeError('no such chunk')
      return { start, stop: () => {} } as never
    })
    await clock.pass(10_000)
    expect([loads, start.mock.calls.length]).toEqual([3, 1])
  })
})

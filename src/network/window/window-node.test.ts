/** The life of the window's node, on an application's libp2p node. For WebRTC, see `e2e/webrtc-*.spec.ts`. */
import type { Libp2p } from '@libp2p/interface'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { PROTOCOL_ID } from '../../protocol/constants.ts'
import { parsePeer } from '../address.ts'
import { PEERS_PROTOCOL_ID } from '../constants.ts'
import { loadLibp2p } from '../libp2p/libp2p-parts.ts'
import type { WindowHandlers } from './window-caller.ts'
import { WindowNode } from './window-node.ts'

const ID = '12D3KooWGC7hTrWYnKkCiJHhWbKFWGUqmDV3xGcPCyBHJEvGgPUq'
const HANDLERS: WindowHandlers = { onGuest: () => {}, onFound: () => {}, onConditions: () => {} }
const OURS = [PROTOCOL_ID, PEERS_PROTOCOL_ID]

beforeEach(() => {
  // Globals of a window, missing in Node 20.
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
  vi.stubGlobal('navigator', {})
  onTestFinished(() => void vi.unstubAllGlobals())
})

async function setUp() {
  const { createLibp2p, parts } = await loadLibp2p()
  const node: Libp2p = await createLibp2p(parts)
  await node.start()
  onTestFinished(async () => node.stop())
  const window = new WindowNode({
    peers: [],
    relays: [],
    rtcConfiguration: {},
    isServing: true,
    node,
    onAddresses: () => {},
  })
  const spoken = () => node.getProtocols().filter((protocol) => OURS.includes(protocol))
  return { node, window, spoken }
}

describe('WindowNode', () => {
  test('behavior: a start in the middle of a stop takes its turn, and it runs afterwards', async () => {
    const { window, spoken } = await setUp()
    await window.start(HANDLERS)
    const stopped = window.stop()
    const started = window.start(HANDLERS)
    await Promise.all([stopped, started])
    expect(spoken().sort()).toEqual([...OURS].sort())
    await window.stop()
    expect(spoken()).toEqual([])
  })

  test('behavior: any order of starts and stops ends as the last of them says', async () => {
    const { window, spoken } = await setUp()
    const { start, stop } = { start: () => window.start(HANDLERS), stop: () => window.stop() }
    for (const calls of [
      [start, stop],
      [start, start, stop, stop, start],
      [stop, start, stop, start, stop],
    ]) {
      await Promise.all(calls.map((call) => call()))
      expect(spoken().length).toBe(calls.at(-1) === start ? 2 : 0)
    }
  })

  test('behavior: a start that fails half-way leaves nothing in the way of the next', async () => {
    const { node, window, spoken } = await setUp()
    await node.handle(PEERS_PROTOCOL_ID, () => {})
    await expect(window.start(HANDLERS)).rejects.toThrow()
    expect(spoken()).toEqual([])
    await window.start(HANDLERS)
    expect(spoken().length).toBe(2)
    await window.stop()
  })

  test('error: dialFailed: what does not run dials nobody', async () => {
    const { window } = await setUp()
    const address = parsePeer(`/ip4/127.0.0.1/tcp/9000/ws/p2p/${ID}/p2p-circuit/webrtc/p2p/${ID}`)
    await expect(window.dial(address, new AbortController().signal)).rejects.toMatchObject({ code: 'dialFailed' })
  })
})

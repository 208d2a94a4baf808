/** Both sides of the port to the window, with a window without libp2p. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { parsePeer } from '../../network/address.ts'
import { DialError } from '../../network/dial-error.ts'
import type { Guest } from '../../network/link.ts'
import type { WindowCaller, WindowHandlers } from '../../network/window/window-caller.ts'
import { settle } from '../../testing/manual-clock.ts'
import { createWirePair } from '../../testing/memory-wire.ts'
import { PortWire } from './port-wire.ts'
import { RemoteWindow } from './remote-window.ts'
import { hostWindow } from './window-host.ts'
import type { FromWindow, ToWindow } from './window-port.ts'

const ID = '12D3KooWGC7hTrWYnKkCiJHhWbKFWGUqmDV3xGcPCyBHJEvGgPUq'
const ADDRESS = parsePeer(`/ip4/127.0.0.1/tcp/9000/ws/p2p/${ID}/p2p-circuit/webrtc/p2p/${ID}`)
const SIGNAL = new AbortController().signal

function setUp(node: Partial<WindowCaller>) {
  const { port1, port2 } = new MessageChannel()
  onTestFinished(() => port1.close())
  const handlers: WindowHandlers[] = []
  const stops: string[] = []
  const whole: WindowCaller = {
    start: async (given) => void handlers.push(given),
    stop: async () => void stops.push('stop'),
    dial: () => Promise.reject(new Error('nobody answers')),
    ...node,
  }
  hostWindow(port1, whole)
  return { windowNode: new RemoteWindow(port2), handlers, stops }
}

describe('RemoteWindow', () => {
  test('default: dials, opens a stream of bytes, and hangs up', async () => {
    const [wire, far] = createWirePair()
    const log: string[] = []
    const { windowNode } = setUp({
      dial: async ({ text }) => {
        log.push(text)
        return { peerId: ID, open: async () => wire, hangUp: async () => void log.push('hung up') }
      },
    })
    const link = await windowNode.dial(ADDRESS, SIGNAL)
    expect(link.peerId).toBe(ID)
    const opened = await link.open(SIGNAL)
    const received = new Promise((resolve) => {
      far.open({ onChunk: resolve, onClose: () => {} })
    })
    opened.open({ onChunk: () => {}, onClose: () => {} })
    await opened.send([Uint8Array.of(1, 2, 3)])
    expect(await received).toEqual(Uint8Array.of(1, 2, 3))
    await link.hangUp()
    await link.hangUp()
    expect(log).toEqual([ADDRESS.text, 'hung up'])
    await expect(link.open(SIGNAL)).rejects.toMatchObject({ code: 'dialFailed' })
  })

  test('error: why a dial failed is known on this side', async () => {
    const message = 'does not speak it'
    const { windowNode } = setUp({
      dial: () => Promise.reject(new DialError({ reason: 'unsupportedProtocol', banMs: 0, message })),
    })
    await expect(windowNode.dial(ADDRESS, SIGNAL)).rejects.toMatchObject({ code: 'unsupportedProtocol', message })
    await expect(setUp({}).windowNode.dial(ADDRESS, SIGNAL)).rejects.toMatchObject({ code: 'dialFailed' })
  })

  test('behavior: a signal that aborts reaches the window', async () => {
    const { windowNode } = setUp({
      dial: (_, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('given up')))
        }),
    })
    const controller = new AbortController()
    const dialed = windowNode.dial(ADDRESS, controller.signal)
    controller.abort()
    await expect(dialed).rejects.toMatchObject({ code: 'dialFailed', message: 'given up' })
  })

  test('behavior: guests, conditions and finds arrive as long as it is started', async () => {
    const { windowNode, handlers, stops } = setUp({})
    const guests: Guest[] = []
    const told: unknown[] = []
    await windowNode.start({
      onGuest: (guest) => guests.push(guest),
      onFound: (address) => told.push(address),
      onConditions: (conditions) => told.push(conditions),
    })
    handlers[0]?.onFound('/somewhere')
    const conditions = { isHidden: true, isMetered: false }
    handlers[0]?.onConditions(conditions)
    const [wire, far] = createWirePair()
    let hungUp = 0
    handlers[0]?.onGuest({ peerId: ID, host: '', isWebRtc: true, wire, hangUp: () => void hungUp++ })
    await expect.poll(() => [guests.length, told]).toEqual([1, ['/somewhere', conditions]])
    const [guest] = guests
    expect(guest).toMatchObject({ peerId: ID, host: '', isWebRtc: true })
    const received: number[] = []
    guest?.wire.open({ onChunk: (chunk) => received.push(...chunk), onClose: () => received.push(0) })
    await far.send([Uint8Array.of(9)])
    far.close()
    await expect.poll(() => received).toEqual([9, 0])

    await windowNode.stop()
    expect(stops).toEqual(['stop'])
    const [late] = createWirePair()
    handlers[0]?.onGuest({ peerId: ID, host: '', isWebRtc: true, wire: late, hangUp: () => void hungUp++ })
    await expect.poll(() => hungUp).toBe(1)
    expect(guests.length).toBe(1)
  })

  test('behavior: a guest is hung up, whichever of the two ports is the faster one', async () => {
    const { port1, port2: engine } = new MessageChannel()
    onTestFinished(() => engine.close())
    const [wire, far] = createWirePair()
    const log: string[] = []
    far.open({ onChunk: () => {}, onClose: () => log.push('ended') })
    const node: WindowCaller = {
      start: async ({ onGuest }) =>
        onGuest({ peerId: ID, host: '', isWebRtc: true, wire, hangUp: () => void log.push('hung up') }),
      stop: async () => {},
      dial: () => Promise.reject(new Error('nobody answers')),
    }
    hostWindow(port1, node)
    const guest = new Promise<Extract<FromWindow, { kind: 'guest' }>>((resolve) => {
      engine.onmessage = ({ data }: MessageEvent<FromWindow>) => {
        if (data.kind === 'guest') resolve(data)
      }
    })
    const post = (message: ToWindow) => engine.postMessage(message)
    post({ kind: 'call', call: 0, method: 'start' })
    const { port, link } = await guest
    new PortWire(port).abort(new Error('it broke the protocol'))
    await expect.poll(() => log).toEqual(['ended'])
    post({ kind: 'call', call: 1, method: 'hangUp', link })
    await expect.poll(() => log).toEqual(['ended', 'hung up'])
  })

  test('behavior: nothing is kept of guests that have gone, whether they were let in or not', async () => {
    const { windowNode, handlers } = setUp({})
    const guests: Guest[] = []
    await windowNode.start({ onGuest: (guest) => guests.push(guest), onFound: () => {}, onConditions: () => {} })
    let hungUp = 0
    for (const isLetIn of [true, false]) {
      const [wire, far] = createWirePair()
      const ended = new Promise<void>((resolve) => far.open({ onChunk: () => {}, onClose: () => resolve() }))
      handlers[0]?.onGuest({ peerId: ID, host: '', isWebRtc: true, wire, hangUp: () => void hungUp++ })
      await expect.poll(() => guests.length).toBe(isLetIn ? 1 : 2)
      const guest = guests.at(-1)
      if (isLetIn) guest?.wire.open({ onChunk: () => {}, onClose: () => {} })
      guest?.wire.abort(new Error('enough'))
      await ended
    }
    await settle()
    for (const guest of guests) guest.hangUp()
    await settle()
    expect(hungUp).toBe(0)
  })

  test('behavior: how long a peer is kept out is known on this side', async () => {
    const departure = { reason: 'protocolViolation', banMs: 600_000, message: 'too much' } as const
    const { windowNode } = setUp({ dial: () => Promise.reject(new DialError(departure)) })
    await expect(windowNode.dial(ADDRESS, SIGNAL)).rejects.toMatchObject({ departure })
  })

  test('behavior: a hang-up that fails in the window rejects nowhere', async () => {
    const { windowNode } = setUp({
      dial: async () => ({
        peerId: ID,
        open: () => Promise.reject(new Error('gone')),
        hangUp: () => Promise.reject(new Error('gone')),
      }),
    })
    const link = await windowNode.dial(ADDRESS, SIGNAL)
    await expect(link.hangUp()).resolves.toBeUndefined()
  })
})

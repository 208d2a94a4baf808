/** A window's WebRTC against peers sending texts in place of bytes. An uncaught error fails the run. */
import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, onTestFinished, test } from 'vitest'
import { commands } from 'vitest/browser'
import type { TextPlace } from '../../testing/hostile/text-server.ts'
import { ConnectionError } from '../connection-error.ts'
import { createWebRtcNode, type WebRtcNodeOptions } from '../libp2p/webrtc-node.ts'

interface Commands {
  startTextServer(place: TextPlace, text: string): Promise<{ id: number; address: string }>
  startRelayForTabs(): Promise<{ id: number; address: string }>
  stopWebRtcServer(id: number): Promise<void>
}

const { startTextServer, startRelayForTabs, stopWebRtcServer } = commands as unknown as Commands

// Taken for a length, the first is too large for any array, and the second is about a gigabyte.
const TEXTS = ['99999999999', '1000000000', 'hello', '']
const ECHO = '/echo/1'

async function served({ id, address }: { id: number; address: string }) {
  onTestFinished(() => stopWebRtcServer(id))
  return multiaddr(address)
}

async function nodeWith(options: Partial<WebRtcNodeOptions>) {
  const all = { named: [], relays: [], isListening: false, rtcConfiguration: { iceServers: [] }, ...options }
  const node = await createWebRtcNode(all)
  onTestFinished(async () => node.stop())
  return node
}

/** Resolves with the reason why a connection ended. */
function endOf(connection: EventTarget): Promise<Error | undefined> {
  return new Promise((resolve) =>
    connection.addEventListener('close', (event) => resolve((event as Event & { error?: Error }).error)),
  )
}

describe('guardedTabWebRtc', () => {
  test.each(TEXTS)('error: a text %j in the handshake of WebRTC-direct: the dial fails', async (text) => {
    const address = await served(await startTextServer('handshake', text))
    const node = await nodeWith({ named: [address] })
    const create = RTCPeerConnection.prototype.createDataChannel
    await expect(node.dial(address)).rejects.toThrow()
    expect(node.getConnections()).toEqual([])
    expect(RTCPeerConnection.prototype.createDataChannel).toBe(create)
  })

  for (const place of ['stream', 'channel'] as const) {
    test.each(TEXTS)(`error: a text %j on a ${place} of WebRTC-direct: the connection ends`, async (text) => {
      const address = await served(await startTextServer(place, text))
      const node = await nodeWith({ named: [address] })
      const connection = await node.dial(address)
      const ended = endOf(connection)
      await connection.newStream('/text/1').catch(() => {}) // it may end before the stream is there
      expect(await ended).toBeInstanceOf(ConnectionError)
      expect(node.getConnections()).toEqual([])
    })
  }

  test.each(TEXTS)('error: a text %j of another tab: the connection ends', async (text) => {
    const { serving, direct, dialer } = await twoTabs()
    const stream = await direct.newStream(ECHO)
    await echoed(stream)
    const [inbound] = serving.getConnections(dialer.peerId).filter(({ limits }) => limits === undefined)
    const ended = endOf(inbound!)
    ;(stream as unknown as { channel: RTCDataChannel }).channel.send(text)
    expect(await ended).toBeInstanceOf(ConnectionError)
  })

  test('behavior: a tab that is dialed and is the quicker one leaves the first channel to the dialer', async () => {
    const { isLate } = holdAnswers()
    const { direct } = await twoTabs()
    expect(isLate()).toBe(true)
    await echoed(await direct.newStream(ECHO))
  })

  test('behavior: further channels like the first are closed, however many there are', async () => {
    const opened = peersThatDial()
    await twoTabs()
    const peer = await opened
    const more = Array.from({ length: 3 }, () => peer.createDataChannel('init'))
    await Promise.all(more.map((channel) => new Promise((resolve) => channel.addEventListener('close', resolve))))
  })

  test('default: streams between tabs, one after the other', async () => {
    const { direct } = await twoTabs()
    for (let i = 0; i < 20; i++) await echoed(await direct.newStream(ECHO))
    expect(direct.status).toBe('open')
  })
})

/** Resolves with the peer connection of the next dial: the dialer opens the first channel. */
function peersThatDial(): Promise<RTCPeerConnection> {
  const { prototype } = RTCPeerConnection
  const create = prototype.createDataChannel
  onTestFinished(() => {
    prototype.createDataChannel = create
  })
  return new Promise((resolve) => {
    prototype.createDataChannel = function (...args) {
      if (args[0] === 'init') resolve(this)
      return create.apply(this, args)
    }
  })
}

type Describe = (this: RTCPeerConnection, description: RTCSessionDescriptionInit) => Promise<void>

/**
 * Delays the answer to a dialer until the dialed tab is far ahead. By then the tab has the first channel. A second
 * channel, opened and closed by the tab, has ended at the dialer as well.
 */
function holdAnswers() {
  const prototype = RTCPeerConnection.prototype as { setRemoteDescription: Describe }
  const { setRemoteDescription } = prototype
  onTestFinished(() => {
    prototype.setRemoteDescription = setRemoteDescription
  })
  let isLate = false
  let tell = (_: RTCPeerConnection) => {}
  const dialed = new Promise<RTCPeerConnection>((resolve) => {
    tell = resolve
  })
  prototype.setRemoteDescription = async function (description) {
    if (description.type === 'offer') {
      this.addEventListener('datachannel', ({ channel }) => channel.label === 'init' && tell(this), {
        capture: true,
      })
      return setRemoteDescription.call(this, description)
    }
    const ended = new Promise((resolve) => {
      const listen = (event: RTCDataChannelEvent) => {
        if (event.channel.label !== 'behind') return
        event.stopImmediatePropagation()
        event.channel.addEventListener('close', resolve)
      }
      this.addEventListener('datachannel', listen, { capture: true })
    })
    await setRemoteDescription.call(this, description)
    const other = await dialed
    // The other side handles the first channel in its own turn.
    await new Promise((resolve) => setTimeout(resolve))
    const probe = other.createDataChannel('behind')
    probe.addEventListener('open', () => probe.close())
    await ended
    isLate = true
  }
  return { isLate: () => isLate }
}

async function twoTabs() {
  const relay = await served(await startRelayForTabs())
  const serving = await nodeWith({ relays: [relay], isListening: true })
  await serving.handle(ECHO, (stream) => stream.addEventListener('message', ({ data }) => stream.send(data)))
  await serving.dial(relay)
  const addresses = () => serving.getMultiaddrs().filter((address) => String(address).includes('/webrtc'))
  await expect.poll(() => addresses().length, { timeout: 20_000 }).toBeGreaterThan(0)
  const dialer = await nodeWith({ relays: [relay], named: addresses() })
  const direct = await dialer.dial(addresses()[0]!)
  expect(direct.limits).toBeUndefined()
  return { serving, dialer, direct }
}

async function echoed(stream: Stream): Promise<void> {
  const came = new Promise((resolve) => stream.addEventListener('message', resolve, { once: true }))
  stream.send(new Uint8Array(10))
  await came
}

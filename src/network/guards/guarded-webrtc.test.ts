/** A server listening for WebRTC on the loopback interface, and a hostile peer. Needs the native module. */
import type { Stream } from '@libp2p/interface'
import { webRTCDirect } from '@libp2p/webrtc'
import { afterEach, describe, expect, test } from 'vitest'
import { ended, HostileClient } from '../../testing/hostile/hostile-client.ts'
import { line, repeated } from '../../testing/hostile/wire-bytes.ts'
import { createListeningNode } from '../libp2p/listening-node.ts'

const ECHO = '/echo/1'
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function setUp() {
  const node = await createListeningNode({ listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'] })
  cleanups.push(async () => node.stop())
  await node.handle(ECHO, (stream) => stream.addEventListener('message', ({ data }) => stream.send(data)))
  const client = await HostileClient.create({ transports: [webRTCDirect({ rtcConfiguration: { iceServers: [] } })] })
  cleanups.push(() => client.stop())
  const connection = await client.dial(String(node.getMultiaddrs()[0]))
  return { node, client, connection }
}

/** Returns the data channel of a WebRTC stream. */
const channelOf = (stream: Stream) => (stream as unknown as { channel: RTCDataChannel }).channel

async function echoed(stream: Stream): Promise<void> {
  stream.send(new Uint8Array(10))
  await new Promise((resolve) => stream.addEventListener('message', resolve, { once: true }))
}

describe('guardedWebRtc', () => {
  // Taken for a length, the first is too large for any array, and the second is about a gigabyte.
  test.each(['99999999999', '1000000000', 'hello', ''])('error: a text %j: the connection ends', async (text) => {
    const { node, connection } = await setUp()
    const stream = await connection.newStream(ECHO)
    await echoed(stream)
    channelOf(stream).send(text)
    await expect.poll(() => node.getConnections()).toEqual([])
    await ended(connection)
  })

  test('error: proposals without end: the connection ends', async () => {
    const { node, connection } = await setUp()
    const stream = await connection.newStream(ECHO)
    await echoed(stream)
    const muxer = connection as unknown as { muxer: { createStream(): Promise<Stream> } }
    const raw = await muxer.muxer.createStream()
    raw.send(repeated(line('a'), 5_000))
    await expect.poll(() => node.getConnections()).toEqual([])
  })

  test('default: streams, one after the other', async () => {
    const { connection } = await setUp()
    for (let i = 0; i < 20; i++) await echoed(await connection.newStream(ECHO))
    expect(connection.status).toBe('open')
  })
})

/** Two nodes on the loopback interface, one of them hostile below the streams. */
import type { Connection } from '@libp2p/interface'
import { concatBytes } from '@noble/hashes/utils.js'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ended, HostileClient } from '../../testing/hostile/hostile-client.ts'
import { closed, openWebSocket, portOf } from '../../testing/hostile/raw-socket.ts'
import { message } from '../../testing/hostile/websocket-frames.ts'
import { line, repeated, yamuxHeader } from '../../testing/hostile/wire-bytes.ts'
import { HOST_STREAM_BURST, INBOUND_STREAM_BURST, SPARE_STREAM_BURST } from '../constants.ts'
import { createListeningNode } from '../libp2p/listening-node.ts'
import type { ConnectionLimits } from './connection-limits.ts'

const ECHO = '/echo/1'
const [DATA, WINDOW_UPDATE, PING, GO_AWAY] = [0, 1, 2, 3]
const [SYN, ACK, RST] = [1, 2, 8]
const STREAM = 9_999
const cleanups: (() => Promise<unknown>)[] = []

beforeAll(() => {
  // Node 20 has no WebSocket to dial with.
  Object.assign(globalThis, { WebSocket })
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Connects two nodes with a stream. Returns the reasons why connection and stream end on our side. */
async function setUp(connectionLimits: Partial<ConnectionLimits> = {}) {
  const node = await createListeningNode({ listen: ['/ip4/127.0.0.1/tcp/0/ws'], connectionLimits })
  cleanups.push(async () => node.stop())
  const reasons: { connection?: unknown; stream?: unknown } = {}
  await node.handle(ECHO, (stream) => {
    stream.addEventListener('close', ({ error }) => {
      reasons.stream ??= error
    })
    stream.addEventListener('message', ({ data }) => stream.send(data))
  })
  node.addEventListener('connection:open', ({ detail }: CustomEvent<Connection>) => {
    detail.addEventListener('close', (event) => {
      // The closing socket behind the connection causes another event.
      reasons.connection ??= (event as Event & { error?: unknown }).error
    })
  })
  const client = await HostileClient.create()
  cleanups.push(() => client.stop())
  const address = String(node.getMultiaddrs()[0])
  const stream = await (await client.dial(address)).newStream(ECHO)
  stream.send(new Uint8Array(10))
  await new Promise((resolve) => stream.addEventListener('message', resolve, { once: true }))
  return { node, address, client, reasons }
}

const proposals = repeated(line('a'), 10_000)
const data = (bytes: Uint8Array) => concatBytes(yamuxHeader(DATA, 0, STREAM, bytes.length), bytes)
const begin = yamuxHeader(WINDOW_UPDATE, SYN, STREAM, 0)

describe('guardedMuxer', () => {
  test.each([
    ['a type that there is not', yamuxHeader(7, 0, 0, 0)],
    ['a version that there is not', new Uint8Array(12).fill(1)],
    ['data that no stream is for', yamuxHeader(DATA, 0, 0, 0)],
    ['a ping that is neither asked nor answered', yamuxHeader(PING, 0, 0, 0)],
    ['an answer to no ping', yamuxHeader(PING, ACK, 0, 4_711)],
    ['a stream with a number of ours', yamuxHeader(WINDOW_UPDATE, SYN, 10_000, 0)],
    ['more data than the window allows', concatBytes(begin, data(new Uint8Array(300_000)))],
    ['window updates without end', repeated(yamuxHeader(WINDOW_UPDATE, 0, STREAM, 0), 50_000)],
    ['goings away without end', repeated(yamuxHeader(GO_AWAY, 0, 0, 0), 50_000)],
    ['proposals without end', concatBytes(begin, data(proposals))],
    [
      'proposals a byte at a time',
      // Far more than the burst, so even on a slow machine the proposals exceed the rate.
      concatBytes(begin, ...[...proposals].slice(0, 12_000).map((byte) => data(Uint8Array.of(byte)))),
    ],
  ])('error: muxerViolation: %s: the connection and its streams end, and say why', async (_, bytes) => {
    const { client, reasons } = await setUp()
    client.below.send(bytes)
    await ended(client.below)
    await expect
      .poll(() => reasons)
      .toMatchObject({
        connection: { code: 'muxerViolation' },
        // A peer that said goodbye has ended its streams itself.
        ...(reasons.stream === undefined ? {} : { stream: { code: 'muxerViolation' } }),
      })
  })

  test('error: muxerViolation: more streams than a host has, of a connection that keeps to its own limit', async () => {
    const connectionsPerHost = 4
    const { client, reasons } = await setUp({ connectionsPerHost })
    const count = 2 * (HOST_STREAM_BURST * connectionsPerHost + SPARE_STREAM_BURST)
    expect(count).toBeLessThan(INBOUND_STREAM_BURST)
    client.below.send(
      concatBytes(
        ...Array.from({ length: count }, (_, i) =>
          [SYN, RST].map((flag) => yamuxHeader(WINDOW_UPDATE, flag, STREAM + 2 * i, 0)),
        ).flat(),
      ),
    )
    await ended(client.below)
    await expect.poll(() => reasons).toMatchObject({ connection: { code: 'muxerViolation' } })
  })

  test('error: proposals without end before there is a cipher: the socket is closed at once', async () => {
    const { address, node } = await setUp()
    const socket = await openWebSocket({ port: portOf(address), from: '127.0.0.9' })
    socket.write(message(concatBytes(line('/multistream/1.0.0'), proposals)))
    await closed(socket)
    expect(node.getConnections().length).toBe(1)
  })

  test('default: many streams, one after the other, and the data behind a proposal', async () => {
    const { client, address } = await setUp()
    const connection = await client.dial(address)
    for (let i = 0; i < 20; i++) {
      const stream = await connection.newStream(ECHO)
      stream.send(proposals)
      let left = proposals.length
      await new Promise<void>((resolve) => {
        stream.addEventListener('message', ({ data: echoed }) => {
          left -= echoed.byteLength
          if (left === 0) resolve()
        })
      })
      await stream.close()
    }
    expect(connection.status).toBe('open')
  })
})

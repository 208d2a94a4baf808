/**
 * Sockets on the loopback interface that never become a connection, beside one that does. In real time, without waiting
 * for a timeout.
 */
import type { Socket } from 'node:net'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ended, HostileClient } from '../../testing/hostile/hostile-client.ts'
import { closed, openSocket, openWebSocket, portOf, upgradeRequest } from '../../testing/hostile/raw-socket.ts'
import { message, webSocketFrame } from '../../testing/hostile/websocket-frames.ts'
import { loadLibp2p } from '../libp2p/libp2p-parts.ts'
import { DEFAULT_CONNECTION_LIMITS } from './connection-limits.ts'
import { guardedWebSockets, type WebSocketGuard } from './guarded-websockets.ts'

const cleanups: (() => unknown)[] = []

beforeAll(() => {
  // Node 20 has no WebSocket to dial with.
  Object.assign(globalThis, { WebSocket })
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function listen(guard: Partial<WebSocketGuard> = {}) {
  const { createLibp2p, parts } = await loadLibp2p()
  const node = await createLibp2p({
    ...parts,
    transports: [guardedWebSockets({ ...DEFAULT_CONNECTION_LIMITS, maxSockets: 1000, ...guard })],
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
  })
  await node.start()
  cleanups.push(() => node.stop())
  const address = String(node.getMultiaddrs()[0])
  return { node, address, port: portOf(address) }
}

/** Opens a socket of the host `from`, and sends `text`. */
async function open(port: number, text = '', from = '127.0.0.1'): Promise<Socket> {
  const socket = await openSocket({ port, from })
  cleanups.push(() => socket.destroy())
  socket.write(text)
  return socket
}

describe('guardedWebSockets', () => {
  test('behavior: a socket that becomes no connection in time is closed; one that does stays', async () => {
    const { node, address, port } = await listen({ requestMs: 1_000, handshakeMs: 2_000 })
    const client = await HostileClient.create()
    cleanups.push(() => client.stop())
    const connection = await client.dial(address)
    // Opened after the connection: when these are closed, the connection's time would be over too.
    const sockets = await Promise.all(
      ['', 'G', 'GET / HTTP/1.1\r\nHost: a\r\n', upgradeRequest()].map((text) => open(port, text)),
    )
    await Promise.all(sockets.map(closed))
    expect([connection.status, node.getConnections().length]).toEqual(['open', 1])
  })

  test('behavior: tells of a connection that was aborted here, and of none that ended in an orderly way', async () => {
    const aborted: string[] = []
    const { node, address } = await listen({ onAbort: (from) => aborted.push(String(from)) })
    const client = await HostileClient.create()
    cleanups.push(() => client.stop())
    await (await client.dial(address)).close()
    await expect.poll(() => node.getConnections()).toEqual([])
    const connection = await client.dial(address)
    await expect.poll(() => node.getConnections().length).toBe(1)
    node.getConnections()[0]!.abort(new Error('enough'))
    await ended(connection)
    expect(aborted).toEqual([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\//)])
  })

  test('behavior: whom it does not admit has no socket, and no time is lost on it', async () => {
    const asked: string[] = []
    const { port } = await listen({ admits: (host) => asked.push(host) === 2 })
    await closed(await open(port))
    const admitted = await open(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', '127.0.0.2')
    expect(String(await new Promise((resolve) => admitted.once('data', resolve)))).toContain('400')
    expect(asked).toEqual(['127.0.0.1', '127.0.0.2'])
  })

  test('behavior: many silent sockets of one host keep nobody else out, and of their own host the newest stay', async () => {
    const { address, port } = await listen({ pendingConnections: 8, pendingConnectionsPerHost: 4 })
    const silent: Socket[] = []
    for (let i = 0; i < 40; i++) silent.push(await open(port, i % 2 === 0 ? '' : 'G'))
    await expect.poll(() => silent.filter((socket) => !socket.destroyed).length).toBe(4)
    expect(silent.slice(-4).map(({ destroyed }) => destroyed)).toEqual([false, false, false, false])
    for (let i = 0; i < 20; i++) await open(port, '', `127.0.1.${1 + i}`)
    const client = await HostileClient.create()
    cleanups.push(() => client.stop())
    expect((await client.dial(address)).status).toBe('open')
  })

  test('behavior: a page that is asked for is refused once, and not again on the same socket', async () => {
    const { port } = await listen()
    const socket = await open(port)
    let answers = ''
    socket.on('data', (data) => {
      answers += String(data)
    })
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1_000))
    await closed(socket)
    expect(answers.split('400 Bad Request').length - 1).toBeLessThan(10)
  })

  test.each([
    ['pings', webSocketFrame(9, new Uint8Array()), 1_000],
    ['pongs', webSocketFrame(10, new Uint8Array()), 1_000],
    ['messages of nothing', message(new Uint8Array()), 100_000],
  ])('error: too many %s: the socket is closed, and its host told of', async (_, frame, count) => {
    const aborted: string[] = []
    const { port } = await listen({ onAbort: (from) => aborted.push(String(from)) })
    const socket = await openWebSocket({ port })
    socket.write(Buffer.concat(new Array<Uint8Array>(count).fill(frame)))
    await closed(socket)
    expect(new Set(aborted)).toEqual(new Set([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\//)]))
  })

  test('error: a socket that cannot be accepted, for want of memory or file descriptors, ends nothing else', async () => {
    const { node, address } = await listen()
    const { components } = node as unknown as { components: { transportManager: { getListeners(): unknown[] } } }
    const [listener] = components.transportManager.getListeners() as [Record<'server' | 'wsServer', Socket>]
    // The errors of Node and of `ws`.
    for (const name of ['server', 'wsServer'] as const) listener[name].emit('error', new Error('ENFILE'))
    const client = await HostileClient.create()
    cleanups.push(() => client.stop())
    expect((await client.dial(address)).status).toBe('open')
  })

  test('behavior: a node with a socket that says nothing stops without waiting for it', async () => {
    const { node, port } = await listen({ handshakeMs: 3_600_000, requestMs: 3_600_000 })
    const silent = await open(port)
    await Promise.all([node.stop(), closed(silent)])
  })
})

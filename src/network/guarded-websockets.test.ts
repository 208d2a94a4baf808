/** Sockets on the loopback interface that never become a connection, beside one that does. Real time: nobody waits for it to pass. */
import { connect, type Socket } from 'node:net'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ended, HostileClient } from '../testing/hostile/hostile-client.ts'
import { guardedWebSockets, type SocketLimits } from './guarded-websockets.ts'
import { loadLibp2p } from './libp2p-parts.ts'

const cleanups: (() => unknown)[] = []

beforeAll(() => {
  // Node 20 has no WebSocket to dial with.
  Object.assign(globalThis, { WebSocket })
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function listen(limits: SocketLimits) {
  const { createLibp2p, parts } = await loadLibp2p()
  const node = await createLibp2p({
    ...parts,
    transports: [guardedWebSockets(limits)],
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
  })
  await node.start()
  cleanups.push(() => node.stop())
  const address = String(node.getMultiaddrs()[0])
  return { node, address, port: Number(/tcp\/([0-9]+)/.exec(address)![1]) }
}

function open(port: number, text = ''): Socket {
  const socket = connect(port, '127.0.0.1', () => socket.write(text))
  // Reset, or closed: either is an end.
  socket.on('error', () => {})
  cleanups.push(() => socket.destroy())
  return socket.resume()
}

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))

describe('guardedWebSockets', () => {
  test('behavior: a socket that becomes no connection in time is closed; one that does stays', async () => {
    const { node, address, port } = await listen({ maxSockets: 10, handshakeMs: 2_000 })
    const client = await HostileClient.create()
    cleanups.push(() => client.stop())
    const connection = await client.dial(address)
    // Later than the connection: when they are closed, its time is over.
    await Promise.all(['', 'G', 'GET / HTTP/1.1\r\nHost: a\r\n'].map((text) => closed(open(port, text))))
    expect([connection.status, node.getConnections().length]).toEqual(['open', 1])
  })

  test('behavior: tells of a connection that was aborted here, and of none that ended in an orderly way', async () => {
    const aborted: string[] = []
    const { node, address } = await listen({ maxSockets: 10, onAbort: (from) => aborted.push(String(from)) })
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

  test('behavior: no more sockets than there may be', async () => {
    const { port } = await listen({ maxSockets: 2 })
    const sockets = Array.from({ length: 5 }, () => open(port))
    const closedFirst: Socket[] = []
    for (const socket of sockets) socket.once('close', () => closedFirst.push(socket))
    await expect.poll(() => closedFirst.length).toBe(3)
    // Room again.
    const left = sockets.filter((socket) => !closedFirst.includes(socket))
    expect(left).toHaveLength(2)
    left[0]!.destroy()
    await closed(left[0]!)
    const further = open(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const answer = await new Promise<string>((resolve) => further.once('data', (data) => resolve(String(data))))
    expect(answer).toContain('400')
  })

  test('behavior: a node with a socket that says nothing stops without waiting for it', async () => {
    const { node, port } = await listen({ maxSockets: 10, handshakeMs: 3_600_000 })
    const silent = open(port)
    await new Promise<void>((resolve) => silent.once('connect', () => resolve()))
    await Promise.all([node.stop(), closed(silent)])
  })
})

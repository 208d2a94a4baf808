/** Real sockets on the loopback interface. For Chromium, see `dialing-websockets.browser.test.ts`. */
import type { Libp2p } from '@libp2p/interface'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { RawServer, type RawVice } from '../../testing/hostile/raw-server.ts'
import { ManualClock, settle } from '../../testing/manual-clock.ts'
import { parsePeer } from '../address.ts'
import { CLOSING_MS, HANDSHAKE_SILENCE_MS, MAX_CLOSING_SOCKETS, SOCKET_OPEN_MS } from '../constants.ts'
import { dialingWebSockets } from './dialing-websockets.ts'
import { loadLibp2p } from './libp2p-parts.ts'
import { createListeningNode } from './listening-node.ts'

beforeAll(() => {
  // Node 20 has no WebSocket to dial with.
  Object.assign(globalThis, { WebSocket })
})

async function rawServer(vice: RawVice, answersClose = true): Promise<RawServer> {
  const server = await RawServer.start(vice, { answersClose })
  onTestFinished(() => server.stop())
  return server
}

async function dialer(clock = new ManualClock()) {
  const { createLibp2p, parts } = await loadLibp2p({ isTab: true })
  const node: Libp2p = await createLibp2p({
    ...parts,
    transports: [dialingWebSockets(clock)],
    connectionGater: { denyDialMultiaddr: () => false },
    connectionMonitor: { enabled: false },
  })
  await node.start()
  onTestFinished(async () => node.stop())
  const dial = (port: number, signal = new AbortController().signal) =>
    node.dial(parsePeer(`/ip4/127.0.0.1/tcp/${port}/ws`).multiaddr, { signal })
  return { clock, node, dial }
}

describe('dialingWebSockets', () => {
  test.each<[RawVice, number]>([
    ['silent', SOCKET_OPEN_MS],
    ['mute', HANDSHAKE_SILENCE_MS],
    ['fragments', HANDSHAKE_SILENCE_MS],
  ])('error: silentPeer: a server that is %s is given up after %i ms, and its socket closed', async (vice, limitMs) => {
    const server = await rawServer(vice)
    const { clock, dial } = await dialer()
    const dialed = dial(server.port).catch((error: unknown) => error)
    await expect.poll(() => server.counts.open).toBe(1)
    await expect.poll(() => clock.pending).toContain(limitMs)
    clock.advance(limitMs - 1)
    await settle()
    expect(server.counts.open).toBe(1)
    clock.advance(1)
    expect(await dialed).toMatchObject({ code: 'silentPeer' })
    await expectNoneOpen(server)
    expect(clock.pending).toEqual([])
  })

  test('error: a handshake that fails closes the socket', async () => {
    const server = await rawServer('garbage')
    const { clock, dial } = await dialer()
    await expect(dial(server.port)).rejects.toThrow()
    await expectNoneOpen(server)
    expect(clock.pending).toEqual([])
  })

  test.each<RawVice>(['silent', 'mute'])('behavior: a dial that is given up closes the socket: %s', async (vice) => {
    const server = await rawServer(vice)
    const { clock, dial } = await dialer()
    const abort = new AbortController()
    const dialed = dial(server.port, abort.signal).catch((error: unknown) => error)
    await expect.poll(() => server.counts.open).toBe(1)
    if (vice === 'mute') await expect.poll(() => clock.pending).toContain(HANDSHAKE_SILENCE_MS)
    abort.abort()
    expect(await dialed).toBeInstanceOf(Error)
    await expectNoneOpen(server)
    expect(clock.pending).toEqual([])
  })

  test('error: silentPeer: a server that answers no close is dialed no more while it holds two sockets', async () => {
    const server = await rawServer('garbage', false)
    const { clock, dial } = await dialer()
    for (let i = 0; i < MAX_CLOSING_SOCKETS; i++)
      await expect(dial(server.port)).rejects.not.toMatchObject({ code: 'silentPeer' })
    for (let i = 0; i < 10; i++) {
      const dialed = dial(server.port).catch((error: unknown) => error)
      await expect.poll(() => clock.pending).toContain(CLOSING_MS)
      clock.advance(CLOSING_MS)
      expect(await dialed).toMatchObject({ code: 'silentPeer' })
    }
    expect(server.counts).toMatchObject({ accepted: MAX_CLOSING_SOCKETS, open: MAX_CLOSING_SOCKETS })
  })

  test('behavior: a connection that is aborted closes its socket, and the server knows', async () => {
    const server = await createListeningNode({ listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
    onTestFinished(async () => server.stop())
    const { node, dial } = await dialer()
    const connection = await dial(Number(server.getMultiaddrs()[0]!.getComponents()[1]!.value))
    await expect.poll(() => server.getConnections().length).toBe(1)
    connection.abort(new Error('enough'))
    await expect.poll(() => server.getConnections().length).toBe(0)
    expect(node.getConnections()).toEqual([])
  })
})

/** Expects every socket to be closed by the tab. */
async function expectNoneOpen(server: RawServer): Promise<void> {
  await expect.poll(() => server.counts.open).toBe(0)
}

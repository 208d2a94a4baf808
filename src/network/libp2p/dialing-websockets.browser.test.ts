/** In a real Chromium, where a page has 255 WebSockets. The servers run in Node, and count sockets. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { commands } from 'vitest/browser'
import type { RawCounts, RawVice } from '../../testing/hostile/raw-server.ts'
import { type PeerAddress, parsePeer } from '../address.ts'
import { MAX_CLOSING_SOCKETS } from '../constants.ts'
import { createDialingNode } from './dialing-node.ts'

interface Commands {
  startRawServer(vice: RawVice): Promise<{ id: number; port: number }>
  rawServerCounts(id: number): Promise<RawCounts>
  stopRawServer(id: number): Promise<void>
  startHonestServer(): Promise<{ id: number; address: string }>
  openSocketsOf(id: number): Promise<number>
  floodFrom(id: number): Promise<void>
  stopHonestServer(id: number): Promise<void>
}

const node = commands as unknown as Commands

async function rawServer(vice: RawVice) {
  const { id, port } = await node.startRawServer(vice)
  onTestFinished(() => node.stopRawServer(id))
  return { address: parsePeer(`/ip4/127.0.0.1/tcp/${port}/ws`), counts: () => node.rawServerCounts(id) }
}

async function honestServer() {
  const { id, address } = await node.startHonestServer()
  onTestFinished(() => node.stopHonestServer(id))
  return { address: parsePeer(address), open: () => node.openSocketsOf(id), flood: () => node.floodFrom(id) }
}

async function dialer(...addresses: PeerAddress[]) {
  const dialing = await createDialingNode(addresses)
  onTestFinished(async () => dialing.stop())
  return ({ multiaddr }: PeerAddress) => dialing.dial(multiaddr)
}

describe('dialingWebSockets in a browser', () => {
  test('behavior: after 270 dials of servers that garble the handshake or say nothing, the next dial works', async () => {
    const servers = await Promise.all(Array.from({ length: 30 }, (_, i) => rawServer(i % 2 === 0 ? 'garbage' : 'mute')))
    const honest = await honestServer()
    const dial = await dialer(honest.address, ...servers.map(({ address }) => address))
    for (let round = 0; round < 9; round++) {
      await Promise.all(servers.map(({ address }) => expect(dial(address)).rejects.toThrow()))
    }
    for (const { counts } of servers) expect((await counts()).open).toBeLessThanOrEqual(MAX_CLOSING_SOCKETS)
    expect((await dial(honest.address)).status).toBe('open')
  })

  test('behavior: connections that are aborted leave no socket', async () => {
    const honest = await honestServer()
    const dial = await dialer(honest.address)
    // The number a server takes from one host at once.
    for (let i = 0; i < 50; i++) (await dial(honest.address)).abort(new Error('enough'))
    expect((await dial(honest.address)).status).toBe('open')
    await expect.poll(honest.open).toBe(1)
  })

  test('error: silentPeer: a message that never ends, before the handshake', async () => {
    const server = await rawServer('fragments')
    const dial = await dialer(server.address)
    await expect(dial(server.address)).rejects.toMatchObject({ code: 'silentPeer' })
    await expect.poll(async () => (await server.counts()).closes).toBe(1)
  })

  test('error: silentPeer: a message that never ends, on an idle connection; another one stays', async () => {
    const [hostile, honest] = [await honestServer(), await honestServer()]
    const dial = await dialer(hostile.address, honest.address)
    const [connection, other] = [await dial(hostile.address), await dial(honest.address)]
    const ended = new Promise((resolve) => connection.addEventListener('close', ({ error }) => resolve(error)))
    await hostile.flood()
    expect(await ended).toMatchObject({ code: 'silentPeer' })
    expect(other.status).toBe('open')
  })
})

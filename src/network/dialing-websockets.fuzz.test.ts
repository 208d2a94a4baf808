/**
 * Servers that say random things to a tab below the handshake: bytes that are no frames, frames of every sort, the first
 * words of multistream-select and then something else. Vitest fails on any uncaught error and any unhandled rejection.
 */
import { createServer, type Socket } from 'node:net'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { acceptUpgrade } from '../testing/hostile/raw-server.ts'
import { type Random, seededRandom } from '../testing/random.ts'
import { parsePeer } from './address.ts'
import { createDialingNode } from './dialing-node.ts'

const SEED = 14
const DIALS = 300
const HELLO = concatBytes(
  Uint8Array.of(19),
  utf8ToBytes('/multistream/1.0.0\n'),
  Uint8Array.of(7),
  utf8ToBytes('/noise\n'),
)

beforeAll(() => {
  // Node 20 has no WebSocket to dial with.
  Object.assign(globalThis, { WebSocket })
})

/** A frame with any first byte (reserved bits and opcodes among them), and a length that is true. */
function anyFrame(random: Random, payload: Uint8Array, first = random.bytes(1)[0]!): Uint8Array {
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255]
  return concatBytes(Uint8Array.of(first, ...length), payload)
}

function speak(socket: Socket, random: Random): void {
  const bytes = () => random.bytes(random.int(300))
  const binary = (payload: Uint8Array) => anyFrame(random, payload, 0x82)
  const kinds = [
    () => [bytes()],
    () => [anyFrame(random, bytes()), anyFrame(random, bytes())],
    () => [binary(bytes()), binary(new Uint8Array()), binary(bytes())],
    () => [binary(HELLO), binary(concatBytes(Uint8Array.of(0, 32), random.bytes(32)))],
    () => [binary(HELLO), binary(bytes()), anyFrame(random, bytes())],
    () => [anyFrame(random, utf8ToBytes('text'), 0x81)],
    () => [anyFrame(random, random.bytes(2), 0x88)],
  ]
  for (const piece of kinds[random.int(kinds.length)]!()) socket.write(piece)
  const end = random.int(4)
  if (end < 2) socket.end()
  else if (end === 2) socket.resetAndDestroy()
}

describe('dialingWebSockets and servers that say random things', () => {
  test(`error: each of ${DIALS} dials rejects, and nothing is uncaught (seed ${SEED})`, async () => {
    const random = seededRandom(SEED)
    const open = new Set<Socket>()
    const server = createServer((socket) => {
      open.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => open.delete(socket))
      socket.once('data', (request) => {
        acceptUpgrade(socket, String(request))
        speak(socket, random)
        socket.on('data', () => {})
        // The tab has had its say, or will wait in vain.
        setTimeout(() => socket.destroy(), 20)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const address = parsePeer(`/ip4/127.0.0.1/tcp/${port}/ws`)
    const node = await createDialingNode([address])
    onTestFinished(async () => node.stop())
    for (let i = 0; i < DIALS; i++) await expect(node.dial(address.multiaddr)).rejects.toThrow()
    expect(node.getConnections()).toEqual([])
    await expect.poll(() => open.size).toBe(0)
  })
})

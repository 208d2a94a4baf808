/**
 * Attacks of a stranger on a server's sockets, before the encrypted connection. Each is made once and bounded. Node
 * only.
 */
import type { Socket } from 'node:net'
import { concatBytes } from '@noble/hashes/utils.js'
import type { Attack, Target } from './attacks.ts'
import { closed, type Door, openSocket, openWebSocket, portOf, upgradeRequest } from './raw-socket.ts'
import { INVALID_FRAMES, message, webSocketFrame } from './websocket-frames.ts'
import { line, repeated } from './wire-bytes.ts'

/** The attacking host, different from the honest client's. */
const FROM = '127.0.0.2'
const SOCKETS = 80
const RESETS = 20

/** Returns an attack opening `count` sockets, and sending `said` on each. */
function opening(count: number, open: (door: Door) => Promise<Socket>, said: Uint8Array | string = ''): Attack {
  return async (_client, { address }) => {
    const door = { port: portOf(address), from: FROM }
    const sockets = await Promise.all(Array.from({ length: count }, () => open(door)))
    for (const socket of sockets) socket.write(said)
    return { end: Promise.all(sockets.map(closed)) }
  }
}

const resetting: Attack = async (_client, { address }: Target) => {
  for (let i = 0; i < RESETS; i++) (await openSocket({ port: portOf(address), from: FROM })).resetAndDestroy()
  return { end: Promise.resolve() }
}

const proposals = concatBytes(line('/multistream/1.0.0'), repeated(line('a'), 20_000))

/** Attacks on sockets: the server must close them. */
export const RAW_ATTACKS = {
  'silent sockets': opening(SOCKETS, openSocket),
  'sockets that ask for a WebSocket, and no more': opening(SOCKETS, openSocket, upgradeRequest()),
  'sockets that are reset at once': resetting,
  'invalid frames of a WebSocket': opening(1, openWebSocket, INVALID_FRAMES['not masked']),
  'pings of a WebSocket without end': opening(1, openWebSocket, repeated(webSocketFrame(9, new Uint8Array()), 50_000)),
  'messages of a WebSocket that are empty, without end': opening(
    1,
    openWebSocket,
    repeated(message(new Uint8Array()), 100_000),
  ),
  'protocols that nobody speaks, before the cipher': opening(1, openWebSocket, message(proposals)),
  'pages that are asked for': opening(1, openSocket, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2_000)),
} as const satisfies Record<string, Attack>

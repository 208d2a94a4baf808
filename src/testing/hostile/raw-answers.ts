/**
 * Random or bent answers of a server to a dialing tab, at each level below the encrypted connection. The levels are
 * TCP, the HTTP answer to the upgrade, WebSocket frames, and noise. Each input is bounded, and ends by itself.
 * `stream-answers.ts` has the levels above. Node only.
 */
import { connect, type Socket } from 'node:net'
import { concatBytes } from '@noble/hashes/utils.js'
import type { Random } from '../random.ts'
import { mutate } from './mutate.ts'
import { upgradeAnswer } from './raw-server.ts'
import { closed } from './raw-socket.ts'
import { INVALID_FRAMES, webSocketFrame } from './websocket-frames.ts'
import { line } from './wire-bytes.ts'

/** Makes one input: everything sent on `socket`, newly opened by a tab. */
export type Answer = (socket: Socket, random: Random, options: AnswerOptions) => Promise<void>

interface AnswerOptions {
  /** Port of an honest server on this machine, the source of bytes to bend. */
  readonly honestPort: number
}

/** Time for the tab to react to an input. */
const PATIENCE_MS = 100
/** Pieces of an honest server's answer, one of which gets bent. The HTTP answer before these pieces stays true. */
const PIECES_BEFORE_BENT = 4
/** Another host than the honest clients: bent handshakes are held against it. */
const BENT_HOST = '127.68.0.1'

/** Share of the inputs leaving the end to the tab. */
const PATIENT_SHARE = 0.04
/** Several times a tab's wait for a WebSocket to open, or for the next byte of a handshake: the machine may be busy. */
const TAB_PATIENCE_MS = 30_000
/** First bytes of a client's close frame. */
const CLOSES = [Buffer.from([0x88, 0x80]), Buffer.from([0x88, 0x82])]

const ascii = (text: string) => new TextEncoder().encode(text)

const tcp: Answer = async (socket, random) => {
  if (random() < 0.5) await request(socket)
  for (let pieces = random.int(4); pieces > 0; pieces--) say(socket, random.bytes(random.int(300)))
}

const HTTP_ANSWERS: readonly ((request: string) => string)[] = [
  upgradeAnswer,
  upgradeAnswer,
  (request) => upgradeAnswer(request).replace('101', '200'),
  (request) => upgradeAnswer(request).replace(/Accept: \S+/, 'Accept: c29tZXRoaW5nIGVsc2U='),
  (request) => upgradeAnswer(request).replace('\r\n\r\n', '\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n'),
  (request) => upgradeAnswer(request).replace('\r\n\r\n', '\r\nSec-WebSocket-Protocol: a\r\n\r\n'),
  () => 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(20),
  () => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  () => 'HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n',
  () => 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="a"\r\nContent-Length: 0\r\n\r\n',
  () => `HTTP/1.1 101 Switching Protocols\r\n${'X-Header: some value\r\n'.repeat(500)}\r\n`,
]

const http: Answer = async (socket, random) => {
  const asked = await request(socket)
  const answer = ascii(random.pick(HTTP_ANSWERS)(asked))
  say(socket, random() < 0.3 ? answer : mutate(answer, random))
  if (random() < 0.3) say(socket, random.bytes(random.int(300)))
}

const INVALID = Object.values(INVALID_FRAMES).filter(({ length }) => length < 10_000)

const webSocket: Answer = async (socket, random) => {
  await upgrade(socket)
  for (let left = 1 + random.int(4); left > 0; left--) {
    const frame = webSocketFrame(random.pick([0, 1, 2, 2, 8, 9, 10, random.int(16)]), random.bytes(random.int(200)), {
      fin: random() < 0.8,
      reserved: random() < 0.1 ? random.int(8) : 0,
      masked: random() < 0.05,
    })
    say(socket, random.pick([frame, frame, mutate(frame, random), random.pick(INVALID)]))
  }
}

const noise: Answer = async (socket, random, options) => {
  if (random() < 0.3) return bent(socket, random, options)
  await upgrade(socket)
  const second = random.bytes(random.pick([32, 96, 32 + random.int(500)]))
  const said = [
    line('/multistream/1.0.0'),
    line(random.pick(['/noise', '/noise', '/noise', 'na', '/tls/1.0.0'])),
    concatBytes(Uint8Array.of(second.length >> 8, second.length & 0xff), second),
    random.bytes(random.int(100)),
  ].map((bytes) => (random() < 0.2 ? mutate(bytes, random) : bytes))
  const messages = random() < 0.5 ? said : [concatBytes(...said)]
  for (const bytes of messages) say(socket, webSocketFrame(2, bytes, { masked: false }))
}

/** Passes a true handshake with an honest server through, and changes some bytes on the way. */
async function bent(socket: Socket, random: Random, { honestPort }: AnswerOptions): Promise<void> {
  const far = connect({ port: honestPort, host: '127.0.0.1', localAddress: BENT_HOST })
  far.on('error', () => {})
  socket.pipe(far)
  let pieces = 0
  const at = 1 + random.int(PIECES_BEFORE_BENT)
  far.on('data', (piece: Uint8Array) => say(socket, pieces++ === at ? mutate(piece, random) : piece))
  await Promise.race([closed(socket), closed(far), patience(3 * PATIENCE_MS)])
  far.destroy()
  socket.unpipe(far).resume() // a close frame of the tab still counts
}

export const ANSWERS = { tcp, http, webSocket, noise } as const satisfies Record<string, Answer>

/**
 * Ends a socket in a random way: at once, with a reset, half, or only when the tab ends the socket. A `close` frame of
 * the tab counts as an end. Resolves with false if the tab has wrongly kept the socket.
 */
export async function endAnswer(socket: Socket, random: Random, close: Promise<void>): Promise<boolean> {
  if (random() < PATIENT_SHARE) {
    const isEnded = await Promise.race([closed(socket), close, patience(TAB_PATIENCE_MS).then(() => false)])
    socket.destroy()
    return isEnded !== false
  }
  const kind = random.int(4)
  if (kind === 0) socket.resetAndDestroy()
  if (kind === 1) socket.destroy()
  if (kind === 2) socket.end()
  if (kind > 1) await Promise.race([closed(socket), patience()])
  socket.destroy()
  return true
}

/** Resolves when the tab sends a close frame, empty or with a code. Starts watching when called. */
export function saidClose(socket: Socket): Promise<void> {
  return new Promise((resolve) =>
    socket.on('data', (bytes) => {
      if (CLOSES.some((close) => bytes.indexOf(close) >= 0)) resolve()
    }),
  )
}

export function patience(ms = PATIENCE_MS): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function say(socket: Socket, bytes: Uint8Array): void {
  if (socket.writable) socket.write(bytes)
}

/** Returns the first bytes of the tab as text, or an empty string if the tab ends the socket before. */
async function request(socket: Socket): Promise<string> {
  const first = new Promise<string>((resolve) => socket.once('data', (bytes) => resolve(String(bytes))))
  return Promise.race([first, closed(socket).then(() => '')])
}

/** Makes a WebSocket of the socket. */
async function upgrade(socket: Socket): Promise<void> {
  say(socket, ascii(upgradeAnswer(await request(socket))))
}

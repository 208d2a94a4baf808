/**
 * Random bytes of strangers at every level up to the protocol: TCP, HTTP, WebSockets, noise, yamux, messages. The
 * inputs are no attacks. Each comes from its own host, is bounded, and ends by itself. Seeded. Node only.
 */
import type { Socket } from 'node:net'
import type { Connection } from '@libp2p/interface'
import { concatBytes } from '@noble/hashes/utils.js'
import { WebSocket } from 'ws'
import { type Random, seededRandom } from '../random.ts'
import { ended, HostileClient, openStream } from './hostile-client.ts'
import { mutate } from './mutate.ts'
import { closed, openSocket, openWebSocket, portOf, upgradeRequest } from './raw-socket.ts'
import { say, speech } from './speech.ts'
import { INVALID_FRAMES, message, webSocketFrame } from './websocket-frames.ts'
import { line } from './wire-bytes.ts'
import { yamuxFrame } from './yamux-frame.ts'

export interface FuzzTarget {
  readonly address: string
  /** Root of a state served by the target. */
  readonly root: Uint8Array
}

/** Makes one input. */
type Input = (random: Random, fuzz: Connections) => Promise<void>

/** Time for the other side to react to an input. */
const PATIENCE_MS = 100
/** Inputs on one encrypted connection, unless the other side ends the connection before. */
const INPUTS_PER_CONNECTION = 20
const AT_ONCE = 8
/** Failed dials in a row before the run fails: the server then admits no client any more. */
const DIALS = 5
/** Maximum inputs of a run at one level. Each input has its own seed. */
const MAX_INPUTS = 1_000_000

const ascii = (text: string) => new TextEncoder().encode(text)

const tcp: Input = async (random, { target }) => {
  const socket = await openSocket({ port: portOf(target.address), from: anyHost(random) })
  for (let pieces = random.int(4); pieces > 0; pieces--) socket.write(random.bytes(random.int(300)))
  await end(socket, random)
}

const REQUESTS = [
  () => upgradeRequest(),
  () => 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  () => 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  () => 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n0123456789',
  () => 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
  () => upgradeRequest().replace('websocket', 'h2c'),
]

const http: Input = async (random, { target }) => {
  const socket = await openSocket({ port: portOf(target.address), from: anyHost(random) })
  for (let left = 1 + random.int(3); left > 0; left--) {
    const request = ascii(random.pick(REQUESTS)())
    socket.write(random() < 0.3 ? request : mutate(request, random))
  }
  await end(socket, random)
}

const webSocket: Input = async (random, { target }) => {
  const socket = await openWebSocket({ port: portOf(target.address), from: anyHost(random) })
  for (let left = 1 + random.int(4); left > 0; left--) {
    const opcode = random.pick([0, 1, 2, 8, 9, 10, random.int(16)])
    const frame = webSocketFrame(opcode, random.bytes(random.int(200)), {
      fin: random() < 0.8,
      reserved: random() < 0.1 ? random.int(8) : 0,
    })
    const invalid = random.pick(Object.values(INVALID_FRAMES).filter(({ length }) => length < 10_000))
    socket.write(random.pick([frame, mutate(frame, random), invalid, mutate(invalid, random)]))
  }
  await end(socket, random)
}

const noise: Input = async (random, { target }) => {
  const socket = await openWebSocket({ port: portOf(target.address), from: anyHost(random) })
  const begun = [line('/multistream/1.0.0'), line('/noise')]
  const first = concatBytes(Uint8Array.of(0, 32), random.bytes(32))
  const rest = random.bytes(random.int(500))
  const said = [...begun, first, concatBytes(Uint8Array.of(rest.length >> 8, rest.length & 0xff), rest)]
  const bent = said.map((bytes) => (random() < 0.25 ? mutate(bytes, random) : bytes))
  if (random() < 0.5) for (const bytes of bent) socket.write(message(bytes))
  else socket.write(message(concatBytes(...bent)))
  await end(socket, random)
}

const yamux: Input = async (random, connections) => {
  const { below } = await connections.take(random)
  for (let left = 1 + random.int(4); left > 0 && below.status === 'open'; left--) {
    const frame = yamuxFrame(random, 101 + 2 * random.int(20))
    below.send(random() < 0.1 ? mutate(frame, random) : frame)
  }
  await Promise.race([ended(below), patience(random.int(20))])
}

const protocol: Input = async (random, connections) => {
  const { connection } = await connections.take(random)
  const stream = await openStream(connection).catch(() => null) // the other side has ended the connection, as allowed
  if (stream === null) return
  stream.addEventListener('message', () => {})
  say(stream, speech(connections.target.root, random), random)
  await Promise.race([new Promise((resolve) => stream.addEventListener('close', resolve)), patience()])
  stream.abort(new Error('enough'))
}

export const FUZZ_LEVELS: Readonly<Record<string, Input>> = { tcp, http, webSocket, noise, yamux, protocol }

/** Makes `count` inputs at `level`, some at a time, each with its own seed. */
export async function fuzz(target: FuzzTarget, level: string, count: number, seed = 1): Promise<void> {
  const { WebSocket: before } = globalThis
  // Each level uses other hosts: a host with a broken rule at one level would have to wait at the next.
  let next = (seed * Object.keys(FUZZ_LEVELS).length + Object.keys(FUZZ_LEVELS).indexOf(level)) * MAX_INPUTS
  const last = next + count
  async function goOn(): Promise<void> {
    const connections = new Connections(target)
    while (next < last) await FUZZ_LEVELS[level]!(seededRandom(next++), connections)
    await connections.stop()
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, goOn))
  } finally {
    globalThis.WebSocket = before
  }
}

/** Encrypted connections for the inputs: a new one after the other side has ended the last. */
class Connections {
  readonly target: FuzzTarget
  #client: HostileClient | null = null
  #connection: Connection | null = null
  #left = 0

  constructor(target: FuzzTarget) {
    this.target = target
  }

  async take(random: Random): Promise<{ connection: Connection; below: HostileClient['below'] }> {
    if (this.#left-- <= 0 || this.#connection?.status !== 'open') await this.#renew(random)
    return { connection: this.#connection!, below: this.#client!.below }
  }

  async stop(): Promise<void> {
    await this.#client?.stop()
  }

  async #renew(random: Random): Promise<void> {
    void this.#connection?.close().catch(() => {}) // the other side may have closed it already
    this.#client ??= await HostileClient.create()
    for (let dialsLeft = DIALS; ; dialsLeft--) {
      const localAddress = anyHost(random)
      globalThis.WebSocket = class extends WebSocket {
        constructor(url: string) {
          super(url, { localAddress })
        }
      } as unknown as typeof globalThis.WebSocket
      try {
        this.#connection = await this.#client.dial(this.target.address)
        break
      } catch (error) {
        // On a busy machine a handshake may take longer than allowed.
        if (dialsLeft <= 1) throw error
      }
    }
    this.#left = INPUTS_PER_CONNECTION
  }
}

/** Returns a random loopback address, different from the addresses of all other parties. */
function anyHost(random: Random): string {
  return `127.${16 + random.int(200)}.${random.int(256)}.${1 + random.int(254)}`
}

/** Ends a socket in a random way: with a reset, at once, half, or only when the other side ends the socket. */
async function end(socket: Socket, random: Random): Promise<void> {
  const kind = random.int(4)
  if (kind === 0) socket.resetAndDestroy()
  if (kind === 1) socket.destroy()
  if (kind === 2) socket.end()
  if (kind > 1) await Promise.race([closed(socket), patience()])
  socket.destroy()
}

function patience(ms = PATIENCE_MS): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

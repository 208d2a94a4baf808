/** A hostile server below WebSockets and libp2p, over TCP on the loopback interface. Counts its sockets. */
import { createHash } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'

export type RawVice =
  /** Accepts a connection and sends nothing: the WebSocket never opens. */
  | 'silent'
  /** Opens the WebSocket and sends nothing. */
  | 'mute'
  /** Opens the WebSocket and sends bytes not beginning any handshake of libp2p. */
  | 'garbage'
  /** Opens the WebSocket and sends one message without an end. */
  | 'fragments'

/** First bytes of a client's close frame without a code. A mask of four bytes follows, and nothing after the mask. */
const CLOSE = Buffer.from([0x88, 0x80])

/** Counts since the start, as plain data. */
export interface RawCounts {
  /** Close frames received. */
  readonly closes: number
  readonly accepted: number
  readonly open: number
  readonly mostOpen: number
  readonly sentBytes: number
}

export class RawServer {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #accepted = 0
  #closes = 0
  #mostOpen = 0
  #sentBytes = 0

  /** True if a close frame ends the socket. Otherwise nothing sent by the tab does. */
  readonly #answersClose: boolean

  private constructor(vice: RawVice, answersClose: boolean) {
    this.#answersClose = answersClose
    this.#server = createServer((socket) => {
      this.#add(socket)
      if (vice === 'silent') socket.resume()
      else socket.once('data', (request) => this.#upgrade(socket, String(request), vice))
    })
  }

  /** Starts a server. The caller stops the server. */
  static async start(vice: RawVice, { answersClose = false } = {}): Promise<RawServer> {
    const server = new RawServer(vice, answersClose)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  get counts(): RawCounts {
    const { size: open } = this.#sockets
    return {
      accepted: this.#accepted,
      closes: this.#closes,
      open,
      mostOpen: this.#mostOpen,
      sentBytes: this.#sentBytes,
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #add(socket: Socket): void {
    this.#accepted++
    this.#sockets.add(socket)
    this.#mostOpen = Math.max(this.#mostOpen, this.#sockets.size)
    socket.on('error', () => {}) // a reset is an end as well
    socket.once('close', () => this.#sockets.delete(socket))
  }

  #upgrade(socket: Socket, request: string, vice: RawVice): void {
    acceptUpgrade(socket, request)
    socket.on('data', (bytes) => {
      if (!bytes.subarray(-6, -4).equals(CLOSE)) return
      this.#closes++
      if (this.#answersClose) socket.destroy()
    })
    if (vice === 'garbage') socket.write(frame(true, 2, Buffer.from('\x05nope\n')))
    if (vice === 'fragments') {
      sendEndlessMessage(socket, (bytes) => {
        this.#sentBytes += bytes
      })
    }
  }
}

/** Accepts the `request` for a WebSocket. */
function acceptUpgrade(socket: Socket, request: string): void {
  socket.write(upgradeAnswer(request))
}

/** Returns the HTTP answer accepting the `request` for a WebSocket. */
export function upgradeAnswer(request: string): string {
  const key = /sec-websocket-key: *(\S+)/i.exec(request)?.[1] ?? ''
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  return `${head.join('\r\n')}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
}

/** Sends fragments on `socket` without a last one, as long as the socket takes them. Reports the bytes to `onSent`. */
export function sendEndlessMessage(socket: Socket, onSent: (bytes: number) => void = () => {}): void {
  const piece = Buffer.alloc(60_000)
  socket.write(frame(false, 2, Buffer.alloc(1)))
  const fill = () => {
    while (!socket.destroyed && socket.writable) {
      onSent(piece.length)
      if (!socket.write(frame(false, 0, piece))) break
    }
  }
  socket.on('drain', fill)
  fill()
}

/** Returns a server's frame of RFC 6455. `payload` must be smaller than 64 KiB. */
function frame(isLast: boolean, opcode: number, payload: Buffer): Buffer {
  const head = Buffer.from([(isLast ? 0x80 : 0) | opcode, 126, payload.length >> 8, payload.length & 255])
  return Buffer.concat([payload.length < 126 ? Buffer.from([head[0]!, payload.length]) : head, payload])
}

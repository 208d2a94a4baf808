/** A stranger's TCP socket on the loopback interface, and the bytes to send before the WebSocket. Node only. */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

export interface Door {
  readonly port: number
  /** If absent: 127.0.0.1. */
  readonly host?: string
  /** Local address of the socket. Each address of 127.0.0.0/8 counts as another host. */
  readonly from?: string
}

/** Opens a socket and discards everything received. Resolves also if the connection fails, and ignores errors. */
export async function openSocket({ port, host = '127.0.0.1', from }: Door): Promise<Socket> {
  const socket = connect({ port, host, ...(from === undefined ? {} : { localAddress: from }) })
  socket.on('error', () => {})
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve)
    socket.once('close', () => resolve())
  })
  return socket.resume()
}

export function closed(socket: Socket): Promise<void> {
  if (socket.destroyed) return Promise.resolve()
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

/** Returns the HTTP request for a WebSocket. */
export function upgradeRequest(): string {
  const key = randomBytes(16).toString('base64')
  const headers = ['Host: a', 'Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Key: ${key}`]
  return `GET / HTTP/1.1\r\n${headers.join('\r\n')}\r\nSec-WebSocket-Version: 13\r\n\r\n`
}

/** Opens a socket, and makes a WebSocket of the socket. */
export async function openWebSocket(door: Door): Promise<Socket> {
  const socket = await openSocket(door)
  socket.write(upgradeRequest())
  await new Promise<void>((resolve) => {
    socket.once('data', () => resolve())
    socket.once('close', () => resolve())
  })
  return socket
}

/** Returns the port of a multiaddr. */
export function portOf(address: string): number {
  return Number(/\/(?:tcp|udp)\/([0-9]+)/.exec(address)![1])
}

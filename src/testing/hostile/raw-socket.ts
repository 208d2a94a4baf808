/** A TCP socket of a stranger's on the loopback interface, and what can be said on it before there is a WebSocket. Node only. */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

export interface Door {
  readonly port: number
  /** 127.0.0.1 if left out. */
  readonly host?: string
  /** Where it says that it is from: another address of 127.0.0.0/8 is another host. */
  readonly from?: string
}

/** Connected, and reading whatever comes. Errors are its own affair. */
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

/** Asks for a WebSocket. */
export function upgradeRequest(): string {
  const key = randomBytes(16).toString('base64')
  const headers = ['Host: a', 'Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Key: ${key}`]
  return `GET / HTTP/1.1\r\n${headers.join('\r\n')}\r\nSec-WebSocket-Version: 13\r\n\r\n`
}

/** A socket that has become a WebSocket. */
export async function openWebSocket(door: Door): Promise<Socket> {
  const socket = await openSocket(door)
  socket.write(upgradeRequest())
  await new Promise<void>((resolve) => {
    socket.once('data', () => resolve())
    socket.once('close', () => resolve())
  })
  return socket
}

/** The port of a multiaddr. */
export function portOf(address: string): number {
  return Number(/\/(?:tcp|udp)\/([0-9]+)/.exec(address)![1])
}

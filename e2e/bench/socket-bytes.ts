/** Counts what crosses the sockets of this process's servers: noise, yamux and WebSocket included. */
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** Counts from now on, bytes of both directions; `onSocket` is told of each socket that comes. */
export function countSocketBytes(onSocket: () => void = () => {}): { bytes(): number } {
  const open = new Set<Socket>()
  let past = 0
  const bytesOf = (socket: Socket) => socket.bytesRead + socket.bytesWritten
  subscribe('net.server.socket', (message) => {
    const { socket } = message as { socket: Socket }
    onSocket()
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      past += bytesOf(socket)
    })
  })
  return { bytes: () => [...open].reduce((sum, socket) => sum + bytesOf(socket), past) }
}

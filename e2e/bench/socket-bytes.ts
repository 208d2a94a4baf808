/** Counts the bytes on the sockets of this process's servers: noise, yamux and WebSocket included. */
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** Counts the bytes of both directions from now on. `onSocket` is called for each new socket. */
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

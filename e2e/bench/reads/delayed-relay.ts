/** A TCP relay with a delay on this machine, in place of a peer far away. The bytes are not read. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface DelayedRelay {
  readonly port: number
  /** The time of the last client's connection, in milliseconds since the epoch. */
  readonly connectedAt: number
  close(): void
}

/** Listens on 127.0.0.1 for clients of `port` there. Adds `roundTripMs` to a round trip, half of the time each way. */
export async function startDelayedRelay(port: number, roundTripMs: number): Promise<DelayedRelay> {
  const sockets = new Set<Socket>()
  let connectedAt = 0
  const server = createServer({ noDelay: true }, (client) => {
    connectedAt = Date.now()
    const peer = connect({ port, host: '127.0.0.1', noDelay: true })
    for (const [from, to] of [
      [client, peer],
      [peer, client],
    ] as const) {
      sockets.add(from)
      // Timers of one length fire in the order of their start, so no chunk overtakes another.
      from.on('data', (chunk) => setTimeout(() => to.write(chunk), roundTripMs / 2))
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on('error', () => {}) // it closes
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    get connectedAt() {
      return connectedAt
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

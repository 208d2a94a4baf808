/**
 * Holds the sockets without an established connection, by host and by age. Each host has a share. Beyond a limit, the
 * oldest socket of the same host is closed, or the oldest of the host with most sockets. So a new socket always gets
 * in, and is closed after a while unless a connection results.
 */
import type { Clock } from '../../runtime/clock.ts'

export interface PendingLimits {
  /** The number of pending sockets, all hosts together. */
  readonly pendingConnections: number
  /** The number of pending sockets of one host. */
  readonly pendingConnectionsPerHost: number
  /** The time from the first packet to an encrypted connection. */
  readonly handshakeMs: number
  /** The time from the first packet to the end of the first HTTP request, which asks for a WebSocket. */
  readonly requestMs: number
}

/** The used part of a `net.Socket`: this folder does not import Node. */
export interface PendingSocket {
  destroy(): unknown
}

interface Place {
  readonly host: string
  cancel: () => void
}

export class PendingSockets<Socket extends PendingSocket> {
  readonly #limits: PendingLimits
  readonly #clock: Clock
  /** All sockets, the oldest first. */
  readonly #places = new Map<Socket, Place>()
  /** The same sockets by host. */
  readonly #hosts = new Map<string, Set<Socket>>()

  constructor(limits: PendingLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  get size(): number {
    return this.#places.size
  }

  /** Adds `socket`, and closes another one if there are too many. */
  add(socket: Socket, host: string): void {
    const { pendingConnections, pendingConnectionsPerHost, requestMs } = this.#limits
    const own = this.#hosts.get(host) ?? new Set()
    if (own.size >= pendingConnectionsPerHost) this.#drop(own)
    else if (this.#places.size >= pendingConnections) this.#drop(this.#largest())
    this.#places.set(socket, { host, cancel: this.#clock.after(requestMs, () => socket.destroy()) })
    this.#hosts.set(host, own.add(socket))
  }

  /** Notes that `socket` has asked for a WebSocket: from now on the limit is the time of a handshake. */
  asked(socket: Socket): void {
    const place = this.#places.get(socket)
    if (place === undefined) return
    const { handshakeMs, requestMs } = this.#limits
    place.cancel()
    place.cancel = this.#clock.after(Math.max(0, handshakeMs - requestMs), () => socket.destroy())
  }

  /** Removes a socket that became a connection, or was closed. */
  delete(socket: Socket): void {
    const place = this.#places.get(socket)
    if (place === undefined) return
    place.cancel()
    this.#places.delete(socket)
    const own = this.#hosts.get(place.host)
    own?.delete(socket)
    if (own?.size === 0) this.#hosts.delete(place.host)
  }

  /** Closes all sockets. */
  clear(): void {
    for (const socket of [...this.#places.keys()]) {
      this.delete(socket)
      socket.destroy()
    }
  }

  /** Returns the sockets of the host with most; among equals, of the host with the oldest socket. */
  #largest(): ReadonlySet<Socket> {
    let largest: ReadonlySet<Socket> = new Set()
    for (const own of this.#hosts.values()) if (own.size > largest.size) largest = own
    return largest
  }

  #drop(own: ReadonlySet<Socket>): void {
    const [oldest] = own
    if (oldest === undefined) return
    this.delete(oldest)
    oldest.destroy()
  }
}

/**
 * Sockets that are no connection yet, by host and by age. Each host has a share, and none has to wait for another: where there
 * are too many, the oldest of the same host goes, or the oldest of the host that has most. So a new one always gets in, and
 * is gone after a while unless it becomes a connection. Closes sockets, and does nothing else with them.
 */
import type { Clock } from '../../runtime/clock.ts'

export interface PendingLimits {
  /** Sockets that are no connection yet. */
  readonly pendingConnections: number
  /** Of one host. */
  readonly pendingConnectionsPerHost: number
  /** From the first packet to an encrypted connection. */
  readonly handshakeMs: number
  /** From the first packet to the end of the first request, which asks for a WebSocket. */
  readonly requestMs: number
}

/** The part of a `net.Socket` that is used here: this folder imports nothing of Node's. */
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
  /** The oldest first. */
  readonly #places = new Map<Socket, Place>()
  /** The same by host. */
  readonly #hosts = new Map<string, Set<Socket>>()

  constructor(limits: PendingLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  get size(): number {
    return this.#places.size
  }

  /** Takes `socket`, which may cost another one its place. */
  add(socket: Socket, host: string): void {
    const { pendingConnections, pendingConnectionsPerHost, requestMs } = this.#limits
    const own = this.#hosts.get(host) ?? new Set()
    if (own.size >= pendingConnectionsPerHost) this.#drop(own)
    else if (this.#places.size >= pendingConnections) this.#drop(this.#largest())
    this.#places.set(socket, { host, cancel: this.#clock.after(requestMs, () => socket.destroy()) })
    this.#hosts.set(host, own.add(socket))
  }

  /** It has asked for a WebSocket: from now on it has the time of a handshake. */
  asked(socket: Socket): void {
    const place = this.#places.get(socket)
    if (place === undefined) return
    const { handshakeMs, requestMs } = this.#limits
    place.cancel()
    place.cancel = this.#clock.after(Math.max(0, handshakeMs - requestMs), () => socket.destroy())
  }

  /** It has become a connection, or is closed. */
  delete(socket: Socket): void {
    const place = this.#places.get(socket)
    if (place === undefined) return
    place.cancel()
    this.#places.delete(socket)
    const own = this.#hosts.get(place.host)
    own?.delete(socket)
    if (own?.size === 0) this.#hosts.delete(place.host)
  }

  /** Closes them all. */
  clear(): void {
    for (const socket of [...this.#places.keys()]) {
      this.delete(socket)
      socket.destroy()
    }
  }

  /** Those of the host that has most; of several, of the one whose first is the oldest. */
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

/**
 * The WebSockets that a server listens with. Node only. libp2p counts connections once they are encrypted, and forgets
 * those that it has aborted without closing their sockets; this guards the sockets themselves: how many there are, how
 * long they may take to become a connection, how large their messages are, and that they end when the connection does.
 */
import type { Listener, MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { HANDSHAKE_MS, MAX_WEBSOCKET_MESSAGE_BYTES } from './constants.ts'

/** The part of a `net.Socket` that is used here: this folder imports nothing of Node's. */
interface Socket {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  once(event: 'close', listener: () => void): unknown
  destroy(): unknown
}

/** What a listener of `@libp2p/websockets` is made of, and what it keeps to itself. */
interface InnerListener extends Listener {
  /** A `net.Server`. */
  readonly server: { maxConnections: number; on(event: 'connection', listener: (socket: Socket) => void): unknown }
  readonly wsServer: { readonly options: { maxPayload: number } }
}

type CreateTransport = ReturnType<typeof webSockets>

export interface SocketLimits {
  /** At a time, on each address that is listened at. */
  readonly maxSockets: number
  readonly handshakeMs?: number
  /** We have put an end to a connection from there, and not in an orderly way. */
  readonly onAbort?: (address: Multiaddr) => void
}

/** WebSockets that accept no more than `limits` say. */
export function guardedWebSockets({ maxSockets, handshakeMs = HANDSHAKE_MS, onAbort }: SocketLimits): CreateTransport {
  return (components) => {
    const transport = webSockets()(components)
    const createListener: Transport['createListener'] = (options) => {
      const sockets = new Sockets(handshakeMs, onAbort)
      const listener = transport.createListener({ ...options, upgrader: sockets.watch(options.upgrader) })
      const { server, wsServer } = innerOf(listener)
      server.maxConnections = maxSockets
      server.on('connection', (socket) => sockets.add(socket))
      wsServer.options.maxPayload = MAX_WEBSOCKET_MESSAGE_BYTES
      const close = listener.close.bind(listener)
      listener.close = () => {
        sockets.dropUnsettled()
        return close()
      }
      return listener
    }
    return new Proxy(transport, {
      get: (target, name) => (name === 'createListener' ? createListener : Reflect.get(target, name, target)),
    })
  }
}

/** Throws if another version of libp2p has other insides: then nothing would be guarded. */
function innerOf(listener: Listener): InnerListener {
  const inner = listener as Partial<InnerListener>
  if (typeof inner.server?.on === 'function' && inner.wsServer?.options !== undefined) return inner as InnerListener
  throw new Error('the listener of @libp2p/websockets has no server that can be guarded')
}

/** The sockets of one listener, by the address that the connection on them has. */
class Sockets {
  readonly #handshakeMs: number
  readonly #onAbort: SocketLimits['onAbort']
  readonly #byAddress = new Map<string, Socket>()
  /** Those that are no connection yet. */
  readonly #timers = new Map<Socket, ReturnType<typeof setTimeout>>()

  constructor(handshakeMs: number, onAbort: SocketLimits['onAbort']) {
    this.#handshakeMs = handshakeMs
    this.#onAbort = onAbort
  }

  add(socket: Socket): void {
    const address = addressOf(socket)
    this.#byAddress.set(address, socket)
    const timer = setTimeout(() => socket.destroy(), this.#handshakeMs)
    this.#timers.set(socket, timer)
    socket.once('close', () => {
      this.#byAddress.delete(address)
      this.#settle(socket)
    })
  }

  /** `upgrader`, which tells us what becomes of each connection. */
  watch(upgrader: Upgrader): Upgrader {
    const upgradeInbound: Upgrader['upgradeInbound'] = async (connection, options) => {
      const socket = this.#byAddress.get(connection.remoteAddr.toString())
      if (socket !== undefined) this.#endWith(connection, socket)
      await upgrader.upgradeInbound(connection, options)
      if (socket !== undefined) this.#settle(socket)
    }
    return new Proxy(upgrader, {
      get(target, name) {
        if (name === 'upgradeInbound') return upgradeInbound
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  /** Those that are no connection yet: a listener waits for them to end, and they need not. */
  dropUnsettled(): void {
    for (const socket of this.#timers.keys()) socket.destroy()
  }

  /** An orderly end is up to the WebSocket, which has its own time limit. */
  #endWith(connection: MultiaddrConnection, socket: Socket): void {
    connection.addEventListener('close', ({ error, local }) => {
      if (error === undefined) return
      socket.destroy()
      if (local === true) this.#onAbort?.(connection.remoteAddr)
    })
  }

  #settle(socket: Socket): void {
    clearTimeout(this.#timers.get(socket))
    this.#timers.delete(socket)
  }
}

/** As `@libp2p/websockets` names it. */
function addressOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return multiaddr(`/${remoteAddress.includes(':') ? 'ip6' : 'ip4'}/${remoteAddress}/tcp/${remotePort}/ws`).toString()
}

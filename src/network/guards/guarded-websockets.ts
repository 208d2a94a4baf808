/**
 * Guards a server's WebSockets from the first packet. Node only. libp2p counts connections only after encryption, and
 * leaves errors of sockets and WebSockets unhandled. Here are limits for
 *
 * - the number of sockets by host,
 * - the time until a socket becomes a connection,
 * - the size and number of messages.
 *
 * A socket ends with its connection, and an error of one socket ends only this socket.
 */
import type { Listener, MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { ConnectionError } from '../connection-error.ts'
import { MAX_WEBSOCKET_MESSAGE_BYTES } from '../constants.ts'
import { hostOfIp, plainIp } from './host-of.ts'
import { MessageMeter } from './message-meter.ts'
import { type PendingLimits, PendingSockets } from './pending-sockets.ts'
import type { HttpRequest, HttpResponse, ServerSocket, WebSocketListener, WsWebSocket } from './websocket-listener.ts'

type CreateTransport = ReturnType<typeof webSockets>

export interface WebSocketGuard extends PendingLimits {
  /** The sockets open at a time, for each listening address. Further sockets are closed at once. */
  readonly maxSockets: number
  /** Returns true if a further socket of `host` may come in. */
  readonly admits?: (host: string) => boolean
  /** Called when a peer at `address` broke a rule, or when we had to abort a connection from there. */
  readonly onAbort?: (address: Multiaddr) => void
  readonly clock?: Clock
}

/** Creates WebSockets within the limits of `guard`. */
export function guardedWebSockets(guard: WebSocketGuard): CreateTransport {
  return (components) => {
    const transport = webSockets()(components)
    const createListener: Transport['createListener'] = (options) => {
      const sockets = new Sockets(guard)
      return sockets.guard(transport.createListener({ ...options, upgrader: sockets.watch(options.upgrader) }))
    }
    return new Proxy(transport, {
      get: (target, name) => (name === 'createListener' ? createListener : Reflect.get(target, name, target)),
    })
  }
}

/**
 * Returns the insides of `listener`. Throws if another version of libp2p has other insides: nothing would be guarded.
 */
function insideOf(listener: Listener): WebSocketListener {
  const inside = listener as Partial<WebSocketListener>
  const methods = [inside.onSocketConnection, inside.onUpgrade, inside.onWsServerConnection, inside.httpRequestHandler]
  if (typeof inside.server?.on === 'function' && inside.wsServer !== undefined && methods.every(Boolean))
    return inside as WebSocketListener
  throw new Error('the listener of @libp2p/websockets has no insides that can be guarded')
}

/** The sockets of one listener. */
class Sockets {
  readonly #limits: WebSocketGuard
  readonly #clock: Clock
  readonly #pending: PendingSockets<ServerSocket>
  /** Keys: the address of the connection on the socket. */
  readonly #byAddress = new Map<string, ServerSocket>()

  constructor(guard: WebSocketGuard) {
    this.#limits = guard
    this.#clock = guard.clock ?? systemClock
    this.#pending = new PendingSockets(guard, this.#clock)
  }

  guard(listener: Listener): Listener {
    const inside = insideOf(listener)
    const { server, wsServer } = inside
    const begin = inside.onSocketConnection.bind(listener)
    const close = listener.close.bind(listener)
    server.maxConnections = this.#limits.maxSockets
    // An error says that a socket could not be accepted, for example for lack of file descriptors. The server goes on.
    for (const emitter of [server, wsServer]) emitter.on('error', () => {})
    wsServer.options.maxPayload = MAX_WEBSOCKET_MESSAGE_BYTES
    inside.onSocketConnection = async (socket) => {
      if (this.#admit(socket)) await begin(socket)
      else socket.destroy()
    }
    inside.onUpgrade = (request, socket, head) => {
      try {
        wsServer.handleUpgrade(request, socket, head, (webSocket) => this.#begin(inside, webSocket, request))
      } catch {
        // A further request after a granted upgrade: an answer is not possible.
        socket.destroy()
      }
    }
    inside.httpRequestHandler = refuse
    listener.close = () => {
      // The server waits for these sockets to end, which may never happen.
      this.#pending.clear()
      return close()
    }
    return listener
  }

  /** Wraps `upgrader`, to learn how each upgrade ends. */
  watch(upgrader: Upgrader): Upgrader {
    const upgradeInbound: Upgrader['upgradeInbound'] = async (connection, options) => {
      const socket = this.#byAddress.get(connection.remoteAddr.toString())
      if (socket === undefined) return upgrader.upgradeInbound(connection, options)
      const standing = { isUpgraded: false }
      this.#endWith(connection, socket, standing)
      try {
        await upgrader.upgradeInbound(connection, options)
        standing.isUpgraded = true
        this.#pending.delete(socket)
      } catch (error) {
        // libp2p would close in an orderly way, and would not report a failure to do so.
        connection.abort(error instanceof Error ? error : new Error(String(error)))
        throw error
      }
    }
    return new Proxy(upgrader, {
      get(target, name) {
        if (name === 'upgradeInbound') return upgradeInbound
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  /** Handles a new socket. Returns false if the socket may not come in, or is gone already. */
  #admit(socket: ServerSocket): boolean {
    // For good, and before anything can fail: later owners of the socket listen only part of the time.
    socket.on('error', () => {})
    const ip = plainIp(socket.remoteAddress)
    const address = ip === undefined ? undefined : addressOf(ip, socket.remotePort)
    if (ip === undefined || address === undefined) return false
    const host = hostOfIp(ip)
    if (this.#limits.admits?.(host) === false) return false
    // libp2p makes an address of this property, and throws at the zone of a link-local address.
    Object.defineProperty(socket, 'remoteAddress', { value: ip })
    this.#byAddress.set(address.toString(), socket)
    this.#pending.add(socket, host)
    socket.once('close', () => {
      this.#byAddress.delete(address.toString())
      this.#pending.delete(socket)
    })
    return true
  }

  #begin(inside: WebSocketListener, webSocket: WsWebSocket, request: HttpRequest): void {
    const { socket } = request
    const address = addressOf(plainIp(socket.remoteAddress) ?? '', socket.remotePort)
    const end = (isViolation: boolean) => {
      webSocket.terminate()
      if (isViolation && address !== undefined) this.#limits.onAbort?.(address)
    }
    webSocket.on('error', ({ code }) => end(code?.startsWith('WS_ERR_') === true))
    const meter = new MessageMeter(this.#clock)
    webSocket.on('ping', () => meter.acceptsPing() || end(true))
    webSocket.on('pong', () => meter.acceptsPing() || end(true))
    webSocket.on('message', () => meter.acceptsMessage() || end(true))
    this.#pending.asked(socket)
    inside.onWsServerConnection(webSocket, request)
  }

  /** Ends the socket with its connection. An orderly end is left to the WebSocket, which has its own timeout. */
  #endWith(connection: MultiaddrConnection, socket: ServerSocket, standing: { isUpgraded: boolean }): void {
    connection.addEventListener('close', ({ error, local }) => {
      if (error === undefined) return
      socket.destroy()
      // A refused peer, or a peer too slow for the handshake, has broken no rule.
      if (local === true && (standing.isUpgraded || error instanceof ConnectionError))
        this.#limits.onAbort?.(connection.remoteAddr)
    })
  }
}

/** Refuses a plain HTTP request, and closes the socket. */
function refuse({ socket }: HttpRequest, response: HttpResponse): void {
  response.writeHead(400, { connection: 'close' })
  response.end('Only WebSocket connections are supported', () => socket.destroy())
}

/** Returns the address in the form of `@libp2p/websockets`; undefined if there is no such address. */
function addressOf(ip: string, port: number | undefined): Multiaddr | undefined {
  try {
    return multiaddr(`/${ip.includes(':') ? 'ip6' : 'ip4'}/${ip}/tcp/${port ?? 0}/ws`)
  } catch {
    return undefined
  }
}

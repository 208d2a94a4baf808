/**
 * The WebSockets that a server listens with. Node only. libp2p counts connections once they are encrypted, and listens to the
 * errors of neither its sockets nor its WebSockets; this guards them from the first packet: how many of a host there are, how
 * long they may take to become a connection, how large and how many their messages are, that they end when the connection
 * does, and that nothing that goes wrong with one of them is more than its own end.
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
  /** At a time, on each address that is listened at; what is more is closed before anything is known of it. */
  readonly maxSockets: number
  /** Whether a further socket of `host` may come in. */
  readonly admits?: (host: string) => boolean
  /** Whoever is at `address` has broken a rule, or a connection from there had to be ended in a hurry. */
  readonly onAbort?: (address: Multiaddr) => void
  readonly clock?: Clock
}

/** WebSockets that accept no more than `guard` says. */
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

/** Throws if another version of libp2p has other insides: then nothing would be guarded. */
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
  /** By the address that the connection on it has. */
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
    // It says when it cannot accept one, for want of file descriptors for example; it goes on with the next.
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
        // A request behind one that was granted: there is nothing left to answer on.
        socket.destroy()
      }
    }
    inside.httpRequestHandler = refuse
    listener.close = () => {
      // It waits for them to end, and they need not.
      this.#pending.clear()
      return close()
    }
    return listener
  }

  /** `upgrader`, which tells us what becomes of each connection. */
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
        // libp2p would close it in an orderly way, and nobody hears of it if that fails.
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

  /** The first that is known of a socket. False: it may not come in, or is gone already. */
  #admit(socket: ServerSocket): boolean {
    // For good, before anything can fail: whoever has the socket later listens for a part of the time only.
    socket.on('error', () => {})
    const ip = plainIp(socket.remoteAddress)
    const address = ip === undefined ? undefined : addressOf(ip, socket.remotePort)
    if (ip === undefined || address === undefined) return false
    const host = hostOfIp(ip)
    if (this.#limits.admits?.(host) === false) return false
    // What libp2p makes an address of: it throws at the zone of a link-local one.
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

  /** An orderly end is up to the WebSocket, which has its own time limit. */
  #endWith(connection: MultiaddrConnection, socket: ServerSocket, standing: { isUpgraded: boolean }): void {
    connection.addEventListener('close', ({ error, local }) => {
      if (error === undefined) return
      socket.destroy()
      // Who is not let in, or takes too long for the handshake, has broken no rule.
      if (local === true && (standing.isUpgraded || error instanceof ConnectionError))
        this.#limits.onAbort?.(connection.remoteAddr)
    })
  }
}

/** Whoever asks for a page has come to the wrong place, and need not ask for more on the same socket. */
function refuse({ socket }: HttpRequest, response: HttpResponse): void {
  response.writeHead(400, { connection: 'close' })
  response.end('Only WebSocket connections are supported', () => socket.destroy())
}

/** As `@libp2p/websockets` names it; undefined if there is no such address. */
function addressOf(ip: string, port: number | undefined): Multiaddr | undefined {
  try {
    return multiaddr(`/${ip.includes(':') ? 'ip6' : 'ip4'}/${ip}/tcp/${port ?? 0}/ws`)
  } catch {
    return undefined
  }
}

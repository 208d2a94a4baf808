/**
 * A tab's transport for dialing WebSockets. The transport owns each socket from the start. A dial that is aborted, too
 * slow, or fails in the handshake closes its socket. So dead peers never use up a page's sockets.
 */
import {
  type ComponentLogger,
  type Connection,
  type DialTransportOptions,
  type Listener,
  serviceCapabilities,
  type Transport,
  transportSymbol,
} from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { startDeadline } from '../../runtime/deadline.ts'
import { ConnectionError } from '../connection-error.ts'
import { CLOSING_MS, HANDSHAKE_SILENCE_MS, MAX_CLOSING_SOCKETS, SOCKET_OPEN_MS } from '../constants.ts'
import { SilenceWatch } from '../guards/silence-watch.ts'
import { WebSocketConnection } from '../guards/websocket-connection.ts'
import { webSocketUrl } from '../websocket-url.ts'

/** Creates the transport for libp2p. The transport does not listen. */
export function dialingWebSockets(clock: Clock = systemClock): (components: Components) => Transport {
  return (components) => new DialingWebSockets(components, clock)
}

interface Components {
  readonly logger: ComponentLogger
}

class DialingWebSockets implements Transport {
  readonly [transportSymbol] = true
  readonly [Symbol.toStringTag] = 'rootlight/websockets'
  readonly [serviceCapabilities] = ['@libp2p/transport']
  readonly #logger: ComponentLogger
  readonly #clock: Clock
  /** All sockets not closed yet. */
  readonly #sockets = new Set<WebSocket>()

  constructor({ logger }: Components, clock: Clock) {
    this.#logger = logger
    this.#clock = clock
  }

  /**
   * Dials `address`. Rejects with {@link ConnectionError} `silentPeer` or `muxerViolation` where these are the reason.
   */
  async dial(address: Multiaddr, options: DialTransportOptions): Promise<Connection> {
    const url = webSocketUrl(address)
    if (url === null) throw new Error(`not the address of a WebSocket: ${address}`)
    const log = this.#logger.forComponent('rootlight:websockets:connection')
    const take = (socket: WebSocket) => new WebSocketConnection({ socket, remoteAddr: address, log })
    await this.#admit(url)
    options.signal.throwIfAborted()
    return this.#upgrade(await opened(this.#connect(url), take, this.#clock, options.signal), options)
  }

  createListener(): Listener {
    throw new Error('a tab cannot listen for WebSockets')
  }

  listenFilter(): Multiaddr[] {
    return []
  }

  dialFilter(addresses: Multiaddr[]): Multiaddr[] {
    return addresses.filter((address) => webSocketUrl(address) !== null)
  }

  /**
   * Waits until a server may be dialed. If a server does not answer a close, Chromium keeps the socket for 60 s, and a
   * page cannot end the socket sooner. So a server holding several such sockets is not dialed.
   */
  async #admit(url: URL): Promise<void> {
    const closing = [...this.#sockets].filter((each) => each.url === url.href && each.readyState === each.CLOSING)
    if (closing.length < MAX_CLOSING_SOCKETS) return
    await new Promise<void>((resolve, reject) => {
      const message = 'it does not close the sockets of earlier dials'
      const cancel = this.#clock.after(CLOSING_MS, () => reject(new ConnectionError('silentPeer', message)))
      const onClose = () => {
        cancel()
        resolve()
      }
      for (const socket of closing) socket.addEventListener('close', onClose, { once: true })
    })
  }

  #connect(url: URL): WebSocket {
    const socket = new WebSocket(url.href)
    socket.binaryType = 'arraybuffer'
    // For good: Node's WebSocket may emit an error at any time, and an unhandled one ends the process.
    socket.addEventListener('error', () => {})
    socket.addEventListener('close', () => this.#sockets.delete(socket))
    this.#sockets.add(socket)
    return socket
  }

  async #upgrade(raw: WebSocketConnection, options: DialTransportOptions): Promise<Connection> {
    let reason: unknown
    raw.addEventListener('close', ({ error }) => {
      reason = error
    })
    const silent = new ConnectionError('silentPeer', 'no answer in the handshake')
    const watch = new SilenceWatch(this.#clock, { limitMs: HANDSHAKE_SILENCE_MS, onSilence: () => raw.abort(silent) })
    watch.start(raw)
    const onAbort = () => raw.abort(new Error('the dial was given up'))
    options.signal.addEventListener('abort', onAbort, { once: true })
    try {
      const connection = await options.upgrader.upgradeOutbound(raw, options)
      options.signal.throwIfAborted()
      return connection
    } catch (error) {
      raw.abort(error instanceof Error ? error : new Error(String(error)))
      // The upgrader keeps only the message of an error.
      throw reason instanceof ConnectionError ? reason : error
    } finally {
      watch.stop()
      options.signal.removeEventListener('abort', onAbort)
    }
  }
}

/**
 * Resolves with the result of `take`, called as soon as `socket` is open, so no message is missed. Rejects with the
 * socket closed.
 */
function opened<T>(socket: WebSocket, take: (socket: WebSocket) => T, clock: Clock, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      settle()
      socket.close()
      reject(error)
    }
    const onOpen = () => {
      settle()
      resolve(take(socket))
    }
    const onFailure = ({ type }: Event) => fail(new Error(`the WebSocket fired '${type}'`))
    const onAbort = () => fail(new Error('the dial was given up'))
    const cancelTimeout = startDeadline(clock, SOCKET_OPEN_MS, () =>
      fail(new ConnectionError('silentPeer', 'the WebSocket did not open in time')),
    )
    const settle = () => {
      cancelTimeout()
      signal.removeEventListener('abort', onAbort)
      for (const type of ['error', 'close']) socket.removeEventListener(type, onFailure)
      socket.removeEventListener('open', onOpen)
    }
    signal.addEventListener('abort', onAbort)
    for (const type of ['error', 'close']) socket.addEventListener(type, onFailure)
    socket.addEventListener('open', onOpen)
  })
}

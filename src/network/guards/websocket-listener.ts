/**
 * What a listener of `@libp2p/websockets` has inside, and keeps to itself: as much of it, of `ws` and of Node as
 * `guarded-websockets.ts` uses. This folder imports nothing of Node's.
 */
import type { Listener } from '@libp2p/interface'

interface Emitter {
  on(event: 'error', listener: () => void): unknown
}

/** A `net.Socket`. */
export interface ServerSocket extends Emitter {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  once(event: 'close', listener: () => void): unknown
  destroy(): unknown
}

/** An `http.IncomingMessage`. */
export interface HttpRequest {
  readonly socket: ServerSocket
}

/** An `http.ServerResponse`. */
export interface HttpResponse {
  writeHead(status: number, headers: Record<string, string>): unknown
  end(text: string, callback: () => void): unknown
}

/** A `WebSocket` of `ws`. */
export interface WsWebSocket {
  on(event: 'error', listener: (error: { readonly code?: string }) => void): unknown
  on(event: 'message' | 'ping' | 'pong', listener: () => void): unknown
  terminate(): void
}

export interface WebSocketListener extends Listener {
  /** A `net.Server`. */
  readonly server: Emitter & { maxConnections: number }
  readonly wsServer: Emitter & {
    readonly options: { maxPayload: number }
    /** Calls back with the WebSocket when it has answered; or answers that there will be none. */
    handleUpgrade(
      request: HttpRequest,
      socket: ServerSocket,
      head: Uint8Array,
      callback: (webSocket: WsWebSocket) => void,
    ): void
  }
  /** In the order in which they are called for a socket. */
  onSocketConnection(socket: ServerSocket): Promise<void>
  httpRequestHandler(request: HttpRequest, response: HttpResponse): void
  onUpgrade(request: HttpRequest, socket: ServerSocket, head: Uint8Array): void
  onWsServerConnection(webSocket: WsWebSocket, request: HttpRequest): void
}

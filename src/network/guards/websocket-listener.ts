/**
 * The private insides of a listener of `@libp2p/websockets`, of `ws` and of Node, as far as `guarded-websockets.ts`
 * uses them. This folder does not import Node.
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
    /** Calls back with the WebSocket after accepting the upgrade, or answers with a refusal. */
    handleUpgrade(
      request: HttpRequest,
      socket: ServerSocket,
      head: Uint8Array,
      callback: (webSocket: WsWebSocket) => void,
    ): void
  }
  /** The steps for a socket, in the order of their calls. */
  onSocketConnection(socket: ServerSocket): Promise<void>
  httpRequestHandler(request: HttpRequest, response: HttpResponse): void
  onUpgrade(request: HttpRequest, socket: ServerSocket, head: Uint8Array): void
  onWsServerConnection(webSocket: WsWebSocket, request: HttpRequest): void
}

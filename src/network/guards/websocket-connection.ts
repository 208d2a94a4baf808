/**
 * A dialed WebSocket as libp2p's raw connection. Replaces `@libp2p/websockets`, whose `abort` calls `close(1006)`. This
 * call throws on every platform, so the socket stays open as long as the other side likes. Here every way to end the
 * connection ends the socket, and nothing more is read.
 */
import type { AbortOptions, Logger } from '@libp2p/interface'
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Uint8ArrayList } from 'uint8arraylist'
import { ConnectionError } from '../connection-error.ts'
import { DRAIN_POLL_MS, MAX_SOCKET_BUFFERED_BYTES, MAX_WEBSOCKET_MESSAGE_BYTES } from '../constants.ts'

export interface WebSocketConnectionInit {
  /** Open, with `arraybuffer` as its `binaryType`. The connection owns the socket from now on. */
  readonly socket: WebSocket
  readonly remoteAddr: Multiaddr
  readonly log: Logger
}

/** One WebSocket. See the head of this file. */
export class WebSocketConnection extends AbstractMultiaddrConnection {
  readonly #socket: WebSocket
  readonly #onMessage = ({ data }: MessageEvent<unknown>) => this.#receive(data)
  #drainTimer: ReturnType<typeof setTimeout> | undefined

  constructor({ socket, remoteAddr, log }: WebSocketConnectionInit) {
    super({ remoteAddr, log, direction: 'outbound' })
    this.#socket = socket
    socket.addEventListener('message', this.#onMessage)
    socket.addEventListener('close', ({ wasClean }) => this.#onSocketClosed(wasClean), { once: true })
    this.addEventListener('close', () => this.#release(), { once: true })
  }

  sendData(data: Uint8ArrayList): { sentBytes: number; canSendMore: boolean } {
    // The list's chunks are never over shared memory, the only other case in their type.
    for (const chunk of data) this.#socket.send(chunk as Uint8Array<ArrayBuffer>)
    const canSendMore = this.#socket.bufferedAmount < MAX_SOCKET_BUFFERED_BYTES
    if (!canSendMore) this.#waitForDrain()
    return { sentBytes: data.byteLength, canSendMore }
  }

  sendReset(): void {
    this.#release()
  }

  async sendClose(options?: AbortOptions): Promise<void> {
    this.#release()
    options?.signal?.throwIfAborted()
  }

  // A browser's WebSocket cannot be paused.
  sendPause(): void {}
  sendResume(): void {}

  #receive(data: unknown): void {
    if (!(data instanceof ArrayBuffer) || data.byteLength > MAX_WEBSOCKET_MESSAGE_BYTES) {
      this.abort(new ConnectionError('muxerViolation', 'a message of the WebSocket that is text, or too long'))
      return
    }
    try {
      this.onData(new Uint8Array(data))
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #onSocketClosed(wasClean: boolean): void {
    this.#release()
    // After an end made by us, the platform reports another end, which is none.
    if (this.status !== 'open' && this.status !== 'closing') return
    if (wasClean) this.onTransportClosed()
    else this.onRemoteReset()
  }

  /** Ends the socket in any state. May be called often. */
  #release(): void {
    clearTimeout(this.#drainTimer)
    this.#drainTimer = undefined
    this.#socket.removeEventListener('message', this.#onMessage)
    this.#socket.close()
  }

  /** Polls until the WebSocket's buffer is empty: no platform has an event for this. */
  #waitForDrain(): void {
    this.#drainTimer ??= setTimeout(() => {
      this.#drainTimer = undefined
      if (this.#socket.bufferedAmount === 0) this.safeDispatchEvent('drain')
      else this.#waitForDrain()
    }, DRAIN_POLL_MS)
  }
}

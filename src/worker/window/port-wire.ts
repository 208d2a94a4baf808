/**
 * A wire across a MessagePort: the engine at one end, a libp2p stream of the window at the other. Bytes cross by
 * transfer. Each wire has a port of its own, so messages posted early wait for their listener.
 */
import { ConnectionError, type ConnectionErrorCode } from '../../network/connection-error.ts'
import type { Wire, WireHandler } from '../../protocol/wire.ts'
import { MAX_UNREAD_BYTES } from '../constants.ts'

/** Messages of the engine's side. */
type ToStream =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** The engine has read this number of bytes. */
  | { readonly kind: 'read'; readonly bytes: number }
  | { readonly kind: 'close' }
  | { readonly kind: 'abort'; readonly message: string }

/** Messages of the window's side. */
type FromStream =
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array }
  /** The transport takes more: the answer to each `send`, in order. */
  | { readonly kind: 'taken' }
  /** The stream has ended. `code`: the connection has ended, and the code says which side is to blame. */
  | { readonly kind: 'closed'; readonly message: string | null; readonly code: ConnectionErrorCode | null }

/** The engine's end; takes over `port`. */
export class PortWire implements Wire {
  readonly #port: MessagePort
  /** Sends not taken yet. */
  readonly #sends: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = []
  #handler: WireHandler | null = null
  #end: Error | null = null

  constructor(port: MessagePort) {
    this.#port = port
  }

  open(handler: WireHandler): void {
    this.#handler = handler
    this.#port.onmessage = ({ data }: MessageEvent<FromStream>) => this.#receive(data)
  }

  send(pieces: readonly Uint8Array[]): Promise<void> {
    if (this.#end !== null) return Promise.reject(this.#end)
    const bytes = joined(pieces)
    return new Promise((resolve, reject) => {
      this.#sends.push({ resolve, reject })
      this.#post({ kind: 'send', bytes }, [bytes.buffer as ArrayBuffer])
    })
  }

  close(): void {
    this.#post({ kind: 'close' })
  }

  abort(error: Error): void {
    this.#post({ kind: 'abort', message: error.message })
  }

  #post(message: ToStream, transfer: Transferable[] = []): void {
    if (this.#end === null) this.#port.postMessage(message, transfer)
  }

  #receive(message: FromStream): void {
    switch (message.kind) {
      case 'chunk':
        this.#post({ kind: 'read', bytes: message.bytes.length })
        this.#handler?.onChunk(message.bytes)
        return
      case 'taken':
        this.#sends.shift()?.resolve()
        return
      case 'closed': {
        const error = message.message === null ? undefined : errorOf(message.message, message.code)
        this.#end = error ?? new Error('the stream has ended')
        for (const { reject } of this.#sends.splice(0)) reject(this.#end)
        this.#port.close()
        this.#handler?.onClose(error)
      }
    }
  }
}

/**
 * Joins `wire`, not open yet, to a new port, and returns the engine's end of the port. A stream with
 * more than {@link MAX_UNREAD_BYTES} unread by the engine is ended: posted bytes cannot be held back.
 */
export function portOf(wire: Wire): MessagePort {
  const { port1: port, port2: theirs } = new MessageChannel()
  const post = (message: FromStream, transfer: Transferable[] = []) => port.postMessage(message, transfer)
  let unread = 0
  port.onmessage = ({ data }: MessageEvent<ToStream>) => {
    if (data.kind === 'read') unread -= data.bytes
    else if (data.kind === 'send') {
      // A failing wire also calls onClose, which rejects the sends not taken.
      wire.send([data.bytes]).then(
        () => post({ kind: 'taken' }),
        () => {},
      )
    } else if (data.kind === 'close') wire.close()
    else wire.abort(new Error(data.message))
  }
  wire.open({
    onChunk: (chunk) => {
      unread += chunk.length
      if (unread > MAX_UNREAD_BYTES) {
        wire.abort(new Error(`more than ${MAX_UNREAD_BYTES} bytes were not read`))
        return
      }
      const bytes = alone(chunk)
      post({ kind: 'chunk', bytes }, [bytes.buffer])
    },
    onClose: (error) => {
      const code = error instanceof ConnectionError ? error.code : null
      post({ kind: 'closed', message: error === undefined ? null : error.message, code })
      port.close()
    },
  })
  return theirs
}

function errorOf(message: string, code: ConnectionErrorCode | null): Error {
  return code === null ? new Error(message) : new ConnectionError(code, message)
}

/** Copies the pieces into one new buffer: their own buffers belong to others, or hold more. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** Returns `chunk` in a buffer that holds nothing else. */
function alone(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const isAlone = chunk.buffer instanceof ArrayBuffer && chunk.buffer.byteLength === chunk.byteLength
  return isAlone ? (chunk as Uint8Array<ArrayBuffer>) : chunk.slice()
}

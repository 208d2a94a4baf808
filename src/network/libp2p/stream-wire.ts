/**
 * A libp2p stream as the protocol's wire. Three habits of libp2p 3 are dealt with here: data comes as lists of buffers,
 * which are passed on without joining them; `send` returns false when the transport is full, and `onDrain` resolves too
 * early from its second use on, so the events are listened to; and a stream is closed when both sides have closed it, so
 * the end of the peer's side ends ours.
 */
import type { Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import type { Wire, WireHandler } from '../../protocol/wire.ts'

/** The wire on `stream`, which belongs to it from now on. */
export class StreamWire implements Wire {
  readonly #stream: Stream
  readonly #reason: () => Error | undefined

  /** `reason`: why the connection below has ended, if that is known. */
  constructor(stream: Stream, reason: () => Error | undefined = () => undefined) {
    this.#stream = stream
    this.#reason = reason
  }

  open(handler: WireHandler): void {
    const stream = this.#stream
    // The connection says why it has ended after its streams did, in the same task.
    stream.addEventListener('close', ({ error }) => queueMicrotask(() => handler.onClose(this.#reason() ?? error)))
    stream.addEventListener('end', () => this.close())
    stream.addEventListener('message', ({ data }) => {
      for (const chunk of data instanceof Uint8Array ? [data] : data) handler.onChunk(chunk)
    })
    if (stream.status !== 'open') queueMicrotask(() => handler.onClose(new Error(`the stream is ${stream.status}`)))
    else if (stream.readableEnded) this.close()
  }

  async send(pieces: readonly Uint8Array[]): Promise<void> {
    // One list: yamux and noise make their own frames of it, and few small ones.
    if (!this.#stream.send(new Uint8ArrayList(...pieces))) await this.#drained()
  }

  close(): void {
    this.#stream.close().catch((error: Error) => this.abort(error))
  }

  abort(error: Error): void {
    this.#stream.abort(error)
  }

  /** Waits until nothing of ours is queued and the transport takes more. Rejects when the stream has ended. */
  async #drained(): Promise<void> {
    while (this.#stream.writableNeedsDrain || this.#stream.writeBufferLength > 0) {
      if (this.#stream.status !== 'open') throw new Error(`the stream is ${this.#stream.status}`)
      await this.#nextChange()
    }
  }

  #nextChange(): Promise<void> {
    const events = ['drain', 'idle', 'close'] as const
    return new Promise((resolve) => {
      const done = () => {
        for (const event of events) this.#stream.removeEventListener(event, done)
        resolve()
      }
      for (const event of events) this.#stream.addEventListener(event, done)
    })
  }
}

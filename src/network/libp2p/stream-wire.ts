/**
 * A libp2p stream as the protocol's wire. Handles three habits of libp2p 3:
 *
 * - Data comes as lists of buffers, passed on without joining them.
 * - `send` returns false when the transport is full. `onDrain` resolves too early from its second use on, so the wire
 *   listens to the events.
 * - A stream is closed when both sides have closed their side, so the end of the peer's side ends ours.
 */
import type { Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import type { Wire, WireHandler } from '../../protocol/wire.ts'

/** A wire on `stream`. The wire owns the stream from now on. */
export class StreamWire implements Wire {
  readonly #stream: Stream
  readonly #reason: () => Error | undefined

  /** `reason` returns why the connection below has ended, if known. */
  constructor(stream: Stream, reason: () => Error | undefined = () => undefined) {
    this.#stream = stream
    this.#reason = reason
  }

  open(handler: WireHandler): void {
    const stream = this.#stream
    // The connection tells its reason after the end of its streams, in the same task.
    stream.addEventListener('close', ({ error }) => queueMicrotask(() => handler.onClose(this.#reason() ?? error)))
    stream.addEventListener('end', () => this.close())
    stream.addEventListener('message', ({ data }) => {
      for (const chunk of data instanceof Uint8Array ? [data] : data) handler.onChunk(chunk)
    })
    if (stream.status !== 'open') queueMicrotask(() => handler.onClose(new Error(`the stream is ${stream.status}`)))
    else if (stream.readableEnded) this.close()
  }

  async send(pieces: readonly Uint8Array[]): Promise<void> {
    // One list: yamux and noise make few frames of one list, instead of many small ones.
    if (!this.#stream.send(new Uint8ArrayList(...pieces))) await this.#drained()
  }

  close(): void {
    this.#stream.close().catch((error: Error) => this.abort(error))
  }

  abort(error: Error): void {
    this.#stream.abort(error)
  }

  /** Waits until all our bytes are sent and the transport takes more. Rejects at the end of the stream. */
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

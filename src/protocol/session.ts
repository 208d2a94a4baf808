/**
 * One wire with its frames, the Status of both sides, and one end: the part common to requester and responder. The
 * session decodes messages; its owner (requester or responder) interprets each message.
 *
 * Arrow: `opened → greeted (their first Status) → ended`. Only a Status is passed on before the greeting.
 */
import type { Clock } from '../runtime/clock.ts'
import { STATUS_BURST, STATUSES_PER_SECOND } from './constants.ts'
import { decodeMessage } from './decode.ts'
import { encodeStatus } from './encode.ts'
import { violation } from './error.ts'
import { fitStatus } from './fit-status.ts'
import { FrameSplitter } from './frames.ts'
import { Gcra } from './gcra.ts'
import type { Message, Status } from './messages.ts'
import type { Wire } from './wire.ts'

/** The callbacks of a session's owner. */
export interface SessionHandler {
  /** Called with the peer's Status, the first and each later one, and the bytes of the frame. */
  onStatus(status: Status, bytes: number): void
  /**
   * Called with any other message, and the bytes of its frame. May throw a {@link ProtocolError}, which ends the
   * session.
   */
  onMessage(message: Exclude<Message, { kind: 'status' }>, bytes: number): void
  /** Called after each received chunk, behind the chunk's messages. */
  onReceived?(): void
  /**
   * Called once, last. `error` is a {@link ProtocolError} if the peer broke the protocol, and undefined after an
   * orderly end.
   */
  onEnd(error: unknown): void
}

export interface SessionOptions {
  readonly wire: Wire
  /** Larger frames are refused. */
  readonly maxFrameBytes: number
  readonly clock: Clock
  readonly handler: SessionHandler
}

/** One stream to one peer, in frames. */
export class Session {
  readonly #wire: Wire
  readonly #handler: SessionHandler
  readonly #splitter: FrameSplitter
  readonly #statuses: Gcra
  #ended = false
  #theirStatus: Status | undefined
  #bytesSent = 0
  #bytesReceived = 0

  constructor({ wire, maxFrameBytes, clock, handler }: SessionOptions) {
    this.#wire = wire
    this.#splitter = new FrameSplitter(maxFrameBytes)
    this.#statuses = new Gcra({ perSecond: STATUSES_PER_SECOND, burst: STATUS_BURST }, clock)
    this.#handler = handler
  }

  /** The last Status from the peer. */
  get theirStatus(): Status | undefined {
    return this.#theirStatus
  }

  /** True while a message has begun and is not complete. */
  get isWithinMessage(): boolean {
    return this.#splitter.isWithinFrame
  }

  /** Bytes kept of an incomplete message. */
  get heldBytes(): number {
    return this.#splitter.heldBytes
  }

  /** Bytes of frames sent and received. The transport's overhead is not counted. */
  get bytesSent(): number {
    return this.#bytesSent
  }
  get bytesReceived(): number {
    return this.#bytesReceived
  }

  /** Begins to receive, and sends our first Status. */
  open(status: Status): void {
    this.#wire.open({
      onChunk: (chunk) => this.#receive(chunk),
      onClose: (error) => this.#end(error),
    })
    this.sendStatus(status)
  }

  /** Sends our Status, cut down to one message. Does nothing once the session has ended. */
  sendStatus(status: Status): void {
    // A failing wire also calls onClose.
    this.send(encodeStatus(fitStatus(status))).catch(() => {})
  }

  /** Sends a frame. Resolves when the transport accepts more, rejects when the wire has ended. */
  async send(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) this.#bytesSent += piece.length
    await this.#wire.send(pieces)
  }

  /** Ends the session in an orderly way. May be called twice. */
  close(): void {
    this.#wire.close()
    this.#end(undefined)
  }

  /** Ends the session at once, because of `error`. */
  abort(error: unknown): void {
    this.#wire.abort(error instanceof Error ? error : new Error(String(error)))
    this.#end(error)
  }

  #receive(chunk: Uint8Array): void {
    if (this.#ended) return
    this.#bytesReceived += chunk.length
    try {
      this.#splitter.push(chunk, (frame) => this.#take(frame))
      if (!this.#ended) this.#handler.onReceived?.()
    } catch (error) {
      this.abort(error)
    }
  }

  #take(frame: Uint8Array): void {
    if (this.#ended) return
    const message = decodeMessage(frame)
    if (message.kind === 'status') {
      this.#countStatus()
      this.#theirStatus = message.status
      this.#handler.onStatus(message.status, frame.length)
    } else if (this.#theirStatus === undefined) {
      throw violation('statusExpected', `the first message is a Status, got ${message.kind}`)
    } else {
      this.#handler.onMessage(message, frame.length)
    }
  }

  #countStatus(): void {
    if (this.#statuses.waitMs(1) > 0) throw violation('tooManyStatuses', 'more Statuses than any state has changes')
    this.#statuses.take(1)
  }

  #end(error: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#handler.onEnd(error)
  }
}

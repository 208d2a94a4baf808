/**
 * What both roles share: one wire, its frames, the Status of both sides, and one end. It decodes and passes on; what a
 * message means is up to the requester or the responder that owns the session.
 *
 * Arrow: `opened → greeted (their first Status) → ended`. Nothing but a Status is passed on before the greeting.
 */
import type { Clock } from './clock.ts'
import { STATUS_BURST, STATUSES_PER_SECOND } from './constants.ts'
import { decodeMessage } from './decode.ts'
import { encodeStatus } from './encode.ts'
import { violation } from './error.ts'
import { fitStatus } from './fit-status.ts'
import { FrameSplitter } from './frames.ts'
import { Gcra } from './gcra.ts'
import type { Message, Status } from './messages.ts'
import type { Wire } from './wire.ts'

/** What the owner of a session is told. */
export interface SessionHandler {
  /** The peer's Status, the first one and each later one, and the bytes of its frame. */
  onStatus(status: Status, bytes: number): void
  /** Any other message, and the bytes of its frame. May throw a {@link ProtocolError}, which ends the session. */
  onMessage(message: Exclude<Message, { kind: 'status' }>, bytes: number): void
  /** Bytes have come, and were passed on as far as they are messages. */
  onReceived?(): void
  /** The end, called once, last: with a {@link ProtocolError} if the peer broke the protocol, undefined if it was orderly. */
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

  /** The last Status that the peer sent. */
  get theirStatus(): Status | undefined {
    return this.#theirStatus
  }

  /** True while a message has begun to come and is not complete. */
  get isWithinMessage(): boolean {
    return this.#splitter.isWithinFrame
  }

  /** Bytes that are kept of a message that is not complete. */
  get heldBytes(): number {
    return this.#splitter.heldBytes
  }

  /** Bytes of frames sent and received; what the transport adds is not counted. */
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

  /** Sends our Status, as far as it fits; what a session that has ended does with it is nothing. */
  sendStatus(status: Status): void {
    // A wire that fails says so in onClose as well.
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

/**
 * The answering side, one per stream. Serves a {@link NodeSource} within the limits of our Status, and disconnects a
 * peer exceeding them. The {@link Admission}, knowing all peers, decides when each request is served.
 */

import { type Clock, systemClock } from '../runtime/clock.ts'
import { Deadline } from '../runtime/deadline.ts'
import type { NodeSource, Work } from '../trie/node-source.ts'
import { Admission } from './admission.ts'
import type { AdmittedStream, ReadyAnswer } from './admitted-stream.ts'
import { MAX_REQUEST_FRAME_BYTES } from './constants.ts'
import { encodeAnswer } from './encode.ts'
import { ProtocolError, RefusalError, refusal, violation } from './error.ts'
import { type Answer, countWanted, type Limits, type Message, type Request, type Status } from './messages.ts'
import { serveRequest } from './serve-request.ts'
import { DEFAULT_SERVING_LIMITS } from './serving-limits.ts'
import { Session } from './session.ts'
import type { Wire } from './wire.ts'

/** The options of a responder. */
export interface ResponderOptions {
  readonly wire: Wire
  readonly source: NodeSource
  /** Our own Status, with the limits to enforce. */
  readonly status: Status
  readonly clock?: Clock
  /**
   * The stream as the admission of all responders admitted it. Left out: this responder is alone, with the usual
   * limits.
   */
  readonly admitted?: AdmittedStream
  readonly onStatus?: (status: Status) => void
  /** Called when an answer is about to be sent. */
  readonly onServed?: (answer: Answer) => void
  /** Called when the stream has ended because the peer broke the protocol. Comes before {@link onClose}. */
  readonly onViolation?: (error: ProtocolError) => void
  /** Called when the stream has ended because the peer was too slow or too costly. Comes before {@link onClose}. */
  readonly onRefusal?: (error: RefusalError) => void
  /** Called when the source failed, through no fault of the peer, and the stream ends. Comes before {@link onClose}. */
  readonly onFailure?: (error: unknown) => void
  /** Called once when the stream has ended, by either side. */
  readonly onClose?: () => void
}

/** Answers one peer. Call `start` first. */
export class Responder {
  readonly #options: ResponderOptions
  readonly #session: Session
  readonly #clock: Clock
  readonly #admitted: AdmittedStream
  readonly #greeting: Deadline
  readonly #message: Deadline
  /** Ids of the requests not answered yet. */
  readonly #open = new Set<number>()
  #limits: Limits
  #started = false
  #ended = false

  constructor(options: ResponderOptions) {
    const clock = options.clock ?? systemClock
    this.#options = options
    this.#clock = clock
    this.#admitted = options.admitted ?? new Admission(DEFAULT_SERVING_LIMITS, clock).admit({ peerId: '' })
    this.#limits = options.status.limits
    this.#session = new Session({
      wire: options.wire,
      maxFrameBytes: MAX_REQUEST_FRAME_BYTES,
      clock,
      handler: {
        onStatus: (status, bytes) => this.#onStatus(status, bytes),
        onMessage: (message, bytes) => this.#onMessage(message, bytes),
        onReceived: () => this.#watchMessage(),
        onEnd: (error) => this.#onEnd(error),
      },
    })
    const { greetingMs, messageMs } = this.#admitted.limits
    this.#greeting = new Deadline(clock, greetingMs, () => this.#session.abort(refusal('noStatus')))
    this.#message = new Deadline(clock, messageMs, () => this.#session.abort(refusal('slowMessage')))
    this.#admitted.begin((error) => this.#session.abort(error))
  }

  /** Bytes of frames sent and received. */
  get bytesSent(): number {
    return this.#session.bytesSent
  }
  get bytesReceived(): number {
    return this.#session.bytesReceived
  }

  /** Opens the session. May be called twice. */
  start(): void {
    if (this.#started) return
    this.#started = true
    this.#greeting.start()
    this.#session.open(this.#options.status)
  }

  /** Sends our new Status, and enforces the new limits from now on. */
  sendStatus(status: Status): void {
    this.#limits = status.limits
    this.#session.sendStatus(status)
  }

  /** Ends the stream. May be called twice. */
  close(): void {
    this.#session.close()
  }

  #onStatus(status: Status, bytes: number): void {
    this.#admitted.charge(bytes)
    this.#greeting.stop()
    this.#message.stop()
    this.#options.onStatus?.(status)
  }

  /**
   * Starts the deadline of a message at its first byte, however many chunks follow. Each message has a deadline of its
   * own.
   */
  #watchMessage(): void {
    if (this.#session.isWithinMessage && !this.#message.isRunning) this.#message.start()
    this.#admitted.receiving(this.#session.heldBytes)
  }

  #onMessage(request: Exclude<Message, { kind: 'status' }>, bytes: number): void {
    this.#message.stop()
    if ('items' in request) throw violation('unexpectedMessage', `a ${request.kind} for a responder`)
    const items = countWanted(request)
    const maxItems = 'hashes' in request ? this.#limits.maxHashes : this.#limits.maxRefs
    if (items > maxItems)
      throw violation('tooManyItems', 'more items than our Status allows', { got: items, expected: maxItems })
    if (this.#open.has(request.id)) throw violation('duplicateRequest', `request ${request.id} is still open`)
    const { maxOpenRequests } = this.#limits
    if (this.#open.size >= maxOpenRequests) {
      throw violation('tooManyOpenRequests', 'more requests than our Status allows', { expected: maxOpenRequests })
    }
    this.#open.add(request.id)
    // Waits for the rest of the chunk: if a violation follows a few bytes later, the source is not read.
    queueMicrotask(() => {
      const isBulk = request.kind === 'getNodes'
      if (!this.#ended) this.#admitted.ask({ bytes, items, isBulk, serve: (work) => this.#serve(request, work) })
    })
  }

  /** Reads the answer to `request`. Never rejects. */
  async #serve(request: Request, work: Work): Promise<ReadyAnswer | undefined> {
    try {
      const stopAtMs = this.#clock.now() + this.#admitted.limits.servingMs
      const maxBytes = this.#limits.maxResponseBytes
      const answer = await serveRequest(request, this.#options.source, { maxBytes, clock: this.#clock, stopAtMs, work })
      if (this.#ended) return
      const bytes = answer.items.reduce((sum, item) => sum + item.length, 0)
      return { bytes, send: () => this.#send(answer) }
    } catch (error) {
      // `serving → ended`: without its source a responder cannot even say "don't have it".
      if (!this.#ended) this.#options.onFailure?.(error)
      this.#session.abort(error)
      return
    }
  }

  async #send(answer: Answer): Promise<void> {
    if (this.#ended) return
    this.#options.onServed?.(answer)
    // Done before the answer leaves, because the peer may reuse the place and the id as soon as the answer arrives.
    this.#open.delete(answer.id)
    // A failing wire also calls onClose.
    await this.#session.send(encodeAnswer(answer)).catch(() => {})
  }

  #onEnd(error: unknown): void {
    this.#ended = true
    this.#greeting.stop()
    this.#message.stop()
    this.#admitted.end()
    if (error instanceof ProtocolError) this.#options.onViolation?.(error)
    if (error instanceof RefusalError) this.#options.onRefusal?.(error)
    this.#options.onClose?.()
  }
}

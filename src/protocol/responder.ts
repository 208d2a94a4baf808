/**
 * The side that answers: one per stream. Serves a {@link NodeSource} within the limits of its own Status: requests that
 * come faster wait, a peer that leaves more of them open than it may is disconnected.
 */
import type { NodeSource } from '../trie/node-source.ts'
import { type Clock, systemClock } from './clock.ts'
import { MAX_REQUEST_FRAME_BYTES, MAX_SERVING_MS, REQUESTS_PER_SECOND, SERVED_AT_ONCE } from './constants.ts'
import { encodeAnswer } from './encode.ts'
import { ProtocolError, violation } from './error.ts'
import type { Answer, Limits, Message, Request, Status } from './messages.ts'
import { serveRequest } from './serve-request.ts'
import { Session } from './session.ts'
import { TokenBucket } from './token-bucket.ts'
import type { Wire } from './wire.ts'

/** What a responder is given. */
export interface ResponderOptions {
  readonly wire: Wire
  readonly source: NodeSource
  /** What we say about ourselves; its limits are enforced. */
  readonly status: Status
  readonly clock?: Clock
  readonly requestsPerSecond?: number
  readonly onStatus?: (status: Status) => void
  /** An answer is on its way. */
  readonly onServed?: (answer: Answer) => void
  /** The peer broke the protocol; the stream has ended because of it. Called before {@link onClose}. */
  readonly onViolation?: (error: ProtocolError) => void
  /** The source failed, which is our own trouble; the stream has ended because of it. Called before {@link onClose}. */
  readonly onFailure?: (error: unknown) => void
  /** The stream has ended, whoever ended it. Called once. */
  readonly onClose?: () => void
}

/** Answers one peer. `start` first. */
export class Responder {
  readonly #options: ResponderOptions
  readonly #session: Session
  readonly #clock: Clock
  readonly #bucket: TokenBucket
  /** Ids of the requests that are not answered yet; those that nobody serves yet stand in the queue. */
  readonly #open = new Set<number>()
  readonly #queue: Request[] = []
  #limits: Limits
  #serving = 0
  #cancelWait: (() => void) | undefined
  #started = false
  #ended = false

  constructor(options: ResponderOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#bucket = new TokenBucket(options.requestsPerSecond ?? REQUESTS_PER_SECOND, this.#clock)
    this.#limits = options.status.limits
    this.#session = new Session(options.wire, MAX_REQUEST_FRAME_BYTES, {
      onStatus: (status) => options.onStatus?.(status),
      onMessage: (message) => this.#onMessage(message),
      onEnd: (error) => this.#onEnd(error),
    })
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
    if (!this.#started) this.#session.open(this.#options.status)
    this.#started = true
  }

  /** Says our new Status, whose limits hold from now on. */
  sendStatus(status: Status): void {
    this.#limits = status.limits
    this.#session.sendStatus(status)
  }

  /** Ends the stream. May be called twice. */
  close(): void {
    this.#session.close()
  }

  #onMessage(request: Exclude<Message, { kind: 'status' }>): void {
    if ('items' in request) throw violation('unexpectedMessage', `a ${request.kind} for a responder`)
    const items = request.kind === 'getCode' ? request.hashes.length : request.refs.length
    const maxItems = request.kind === 'getCode' ? this.#limits.maxHashes : this.#limits.maxRefs
    if (items > maxItems)
      throw violation('tooManyItems', 'more items than our Status allows', { got: items, expected: maxItems })
    if (this.#open.has(request.id)) throw violation('duplicateRequest', `request ${request.id} is still open`)
    const { maxOpenRequests } = this.#limits
    if (this.#open.size >= maxOpenRequests) {
      throw violation('tooManyOpenRequests', 'more requests than our Status allows', { expected: maxOpenRequests })
    }
    this.#open.add(request.id)
    this.#queue.push(request)
    this.#serveNext()
  }

  /** Begins with as many requests of the queue as may be served now. */
  #serveNext(): void {
    while (!this.#ended && this.#cancelWait === undefined && this.#serving < SERVED_AT_ONCE && this.#queue.length > 0) {
      const waitMs = this.#bucket.take()
      if (waitMs > 0) this.#cancelWait = this.#clock.after(waitMs, () => this.#resume())
      // The condition of the loop says that there is one.
      else void this.#serve(this.#queue.shift()!)
    }
  }

  #resume(): void {
    this.#cancelWait = undefined
    this.#serveNext()
  }

  /** Serves one request; the next one begins when the transport has taken its answer. Never rejects. */
  async #serve(request: Request): Promise<void> {
    this.#serving++
    try {
      const stopAtMs = this.#clock.now() + MAX_SERVING_MS
      const maxBytes = this.#limits.maxResponseBytes
      const answer = await serveRequest(request, this.#options.source, { maxBytes, clock: this.#clock, stopAtMs })
      if (!this.#ended) await this.#send(answer)
    } catch (error) {
      // `serving → ended`: without its source a responder cannot even say that it does not have something.
      if (!this.#ended) this.#options.onFailure?.(error)
      this.#session.abort(error)
    }
    this.#serving--
    this.#serveNext()
  }

  async #send(answer: Answer): Promise<void> {
    this.#options.onServed?.(answer)
    // Before the answer leaves: the peer may use the place, and the id, as soon as it has the answer.
    this.#open.delete(answer.id)
    // A wire that fails says so in onClose as well.
    await this.#session.send(encodeAnswer(answer)).catch(() => {})
  }

  #onEnd(error: unknown): void {
    this.#ended = true
    this.#cancelWait?.()
    if (error instanceof ProtocolError) this.#options.onViolation?.(error)
    this.#options.onClose?.()
  }
}

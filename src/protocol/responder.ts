/**
 * The side that answers: one per stream. Serves a {@link NodeSource} within the limits of its own Status: a peer that leaves
 * more requests open than it may is disconnected. When each is served is up to the {@link Doorkeeper}, who knows all peers.
 */
import { Deadline } from '../runtime/deadline.ts'
import type { NodeSource, Work } from '../trie/node-source.ts'
import { type Clock, systemClock } from './clock.ts'
import { MAX_REQUEST_FRAME_BYTES } from './constants.ts'
import { Doorkeeper, type ReadyAnswer, refusal, type Seat } from './doorkeeper.ts'
import { encodeAnswer } from './encode.ts'
import { ProtocolError, RefusalError, violation } from './error.ts'
import { type Answer, countWanted, type Limits, type Message, type Request, type Status } from './messages.ts'
import { serveRequest } from './serve-request.ts'
import { DEFAULT_SERVING_LIMITS } from './serving-limits.ts'
import { Session } from './session.ts'
import type { Wire } from './wire.ts'

/** What a responder is given. */
export interface ResponderOptions {
  readonly wire: Wire
  readonly source: NodeSource
  /** What we say about ourselves; its limits are enforced. */
  readonly status: Status
  readonly clock?: Clock
  /** From the doorkeeper of all responders; left out: this one is alone, with the usual limits. */
  readonly seat?: Seat
  readonly onStatus?: (status: Status) => void
  /** An answer is on its way. */
  readonly onServed?: (answer: Answer) => void
  /** The peer broke the protocol; the stream has ended because of it. Called before {@link onClose}. */
  readonly onViolation?: (error: ProtocolError) => void
  /** The peer was too slow, or too much; the stream has ended because of it. Called before {@link onClose}. */
  readonly onRefusal?: (error: RefusalError) => void
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
  readonly #seat: Seat
  readonly #greeting: Deadline
  readonly #message: Deadline
  /** Ids of the requests that are not answered yet. */
  readonly #open = new Set<number>()
  #limits: Limits
  #started = false
  #ended = false

  constructor(options: ResponderOptions) {
    const clock = options.clock ?? systemClock
    this.#options = options
    this.#clock = clock
    this.#seat = options.seat ?? new Doorkeeper(DEFAULT_SERVING_LIMITS, clock).admit({ peerId: '' })
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
    const { greetingMs, messageMs } = this.#seat.limits
    this.#greeting = new Deadline(clock, greetingMs, () => this.#session.abort(refusal('noStatus')))
    this.#message = new Deadline(clock, messageMs, () => this.#session.abort(refusal('slowMessage')))
    this.#seat.occupy((error) => this.#session.abort(error))
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

  /** Says our new Status, whose limits hold from now on. */
  sendStatus(status: Status): void {
    this.#limits = status.limits
    this.#session.sendStatus(status)
  }

  /** Ends the stream. May be called twice. */
  close(): void {
    this.#session.close()
  }

  #onStatus(status: Status, bytes: number): void {
    this.#seat.charge(bytes)
    this.#greeting.stop()
    this.#message.stop()
    this.#options.onStatus?.(status)
  }

  /** A message has a time from its first byte to its last, however many chunks it comes in; the next one has its own. */
  #watchMessage(): void {
    if (this.#session.isWithinMessage && !this.#message.isRunning) this.#message.start()
    this.#seat.receiving(this.#session.heldBytes)
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
    // Behind all that has come with it: what breaks the protocol a few bytes later is not read from the source.
    queueMicrotask(() => {
      const isBulk = request.kind === 'getNodes'
      if (!this.#ended) this.#seat.ask({ bytes, items, isBulk, serve: (work) => this.#serve(request, work) })
    })
  }

  /** Never rejects. */
  async #serve(request: Request, work: Work): Promise<ReadyAnswer | undefined> {
    try {
      const stopAtMs = this.#clock.now() + this.#seat.limits.servingMs
      const maxBytes = this.#limits.maxResponseBytes
      const answer = await serveRequest(request, this.#options.source, { maxBytes, clock: this.#clock, stopAtMs, work })
      if (this.#ended) return
      const bytes = answer.items.reduce((sum, item) => sum + item.length, 0)
      return { bytes, send: () => this.#send(answer) }
    } catch (error) {
      // `serving → ended`: without its source a responder cannot even say that it does not have something.
      if (!this.#ended) this.#options.onFailure?.(error)
      this.#session.abort(error)
      return
    }
  }

  async #send(answer: Answer): Promise<void> {
    if (this.#ended) return
    this.#options.onServed?.(answer)
    // Before the answer leaves: the peer may use the place, and the id, as soon as it has the answer.
    this.#open.delete(answer.id)
    // A wire that fails says so in onClose as well.
    await this.#session.send(encodeAnswer(answer)).catch(() => {})
  }

  #onEnd(error: unknown): void {
    this.#ended = true
    this.#greeting.stop()
    this.#message.stop()
    this.#seat.leave()
    if (error instanceof ProtocolError) this.#options.onViolation?.(error)
    if (error instanceof RefusalError) this.#options.onRefusal?.(error)
    this.#options.onClose?.()
  }
}

/**
 * The side that asks: one per stream. Gives each request an id, matches answers to requests by it, and holds each answer
 * to what was asked for. It does not check hashes (whoever asked does) and knows no timeouts: a request stays open until
 * its answer comes or the stream ends, so that a late answer is still of use.
 */
import { type Clock, systemClock } from './clock.ts'
import { MAX_ANSWER_FRAME_BYTES, MAX_BUDGET_BYTES, MAX_HASHES, MAX_OPEN_REQUESTS, MAX_REFS } from './constants.ts'
import { encodeRequest } from './encode.ts'
import { ProtocolError, RequestError, violation } from './error.ts'
import {
  ANSWER_KIND,
  type Answer,
  countWanted,
  type Message,
  maxItemBytes,
  type NodeRequest,
  type PathRequest,
  type Request,
  SLACK_BYTES,
  type Status,
} from './messages.ts'
import { Session } from './session.ts'
import type { Wire } from './wire.ts'

/** What a requester is given. */
export interface RequesterOptions {
  readonly wire: Wire
  /** What we say about ourselves. */
  readonly status: Status
  readonly clock?: Clock
  /** The most that the answers to all open requests may have, those included that nobody waits for any more. */
  readonly maxOpenBytes?: number
  /** The peer's Status, the first one and each later one. */
  readonly onStatus?: (status: Status) => void
  /** {@link Requester.hasRoom} has become true again, after what went ahead. */
  readonly onRoom?: () => void
  /** The peer broke the protocol; the stream has ended because of it. Called before {@link onClose}. */
  readonly onViolation?: (error: ProtocolError) => void
  /** The stream has ended, whoever ended it: undefined if in an orderly way. Called once. */
  readonly onClose?: (error: unknown) => void
}

/** A request that waits for its answer, or whose answer nobody waits for any more (`settle` undefined). */
interface Open {
  readonly kind: Answer['kind']
  readonly maxItems: number
  /** Its budget, and what its answer may have at most. */
  readonly budget: number
  readonly maxBytes: number
  /** Bulk may have been refused because of it. */
  readonly wentAhead: boolean
  settle: ((result: Uint8Array[] | RequestError) => void) | undefined
}

/** Somebody who waits for a turn ahead of all bulk. */
interface Ahead {
  begin(): void
  reject(error: RequestError): void
}

/** Asks one peer. `start` first; every promise settles when the stream ends. */
export class Requester {
  readonly #session: Session
  readonly #options: RequesterOptions
  readonly #open = new Map<number, Open>()
  readonly #ahead = new Set<Ahead>()
  /** One of `#ahead` asks now. */
  #isAheadsTurn = false
  readonly #greeting: PromiseWithSettlers<Status> = withSettlers()
  #lastId = 0
  #started = false
  #endedBy: RequestError | undefined

  constructor(options: RequesterOptions) {
    this.#options = options
    this.#session = new Session({
      wire: options.wire,
      maxFrameBytes: MAX_ANSWER_FRAME_BYTES,
      clock: options.clock ?? systemClock,
      handler: {
        onStatus: (status) => this.#onStatus(status),
        onMessage: (message) => this.#onMessage(message),
        onEnd: (error) => this.#onEnd(error),
      },
    })
  }

  /** Requests that the peer has not answered yet, those included that nobody waits for any more. */
  get openRequests(): number {
    return this.#open.size
  }

  /** True if one more request may be sent: the peer takes one, and nobody waits for a turn ahead of it. */
  get hasRoom(): boolean {
    return this.#hasPlace && this.#ahead.size === 0
  }

  get #hasPlace(): boolean {
    return this.#open.size < this.#maxOpenRequests
  }

  /** A peer that allows any number and answers none gets no more of our memory. */
  get #maxOpenRequests(): number {
    return Math.min(this.#session.theirStatus?.limits.maxOpenRequests ?? 0, MAX_OPEN_REQUESTS)
  }

  /** The last Status of the peer. */
  get theirStatus(): Status | undefined {
    return this.#session.theirStatus
  }

  /** Bytes of frames received. */
  get bytesReceived(): number {
    return this.#session.bytesReceived
  }

  /** Opens the session and resolves with the peer's first Status. Rejects with `disconnected` or `protocol`. */
  start(): Promise<Status> {
    if (!this.#started) this.#session.open(this.#options.status)
    this.#started = true
    return this.#greeting.promise
  }

  /** Says our new Status. */
  sendStatus(status: Status): void {
    this.#session.sendStatus(status)
  }

  /** Ends the stream; what is open rejects with `disconnected`. May be called twice. */
  close(): void {
    this.#session.close()
  }

  /**
   * A run for each of the first requests, in order: fewer when the budget was used up or the peer's Status allows fewer
   * refs; an empty run: the peer does not have it. The runs are views of one frame. Who asks for nothing gets nothing, and
   * nothing is sent. Rejects with {@link RequestError}.
   */
  getNodes(root: Uint8Array, requests: readonly NodeRequest[], maxBytes: number, signal?: AbortSignal) {
    return this.#ask(signal, (id, limits) => ({
      kind: 'getNodes',
      id,
      root,
      maxBytes: within(maxBytes, limits.maxResponseBytes),
      refs: requests.slice(0, limits.maxRefs),
    }))
  }

  /** The nodes from each ref down along its key; otherwise like {@link getNodes}. */
  getPaths(root: Uint8Array, requests: readonly PathRequest[], maxBytes: number, signal?: AbortSignal) {
    return this.#ask(signal, (id, limits) => ({
      kind: 'getPaths',
      id,
      root,
      maxBytes: within(maxBytes, limits.maxResponseBytes),
      refs: requests.slice(0, limits.maxRefs),
    }))
  }

  /** The bytecodes with these hashes; otherwise like {@link getNodes}. */
  getCode(hashes: readonly Uint8Array[], maxBytes: number, signal?: AbortSignal) {
    return this.#ask(signal, (id, limits) => ({
      kind: 'getCode',
      id,
      maxBytes: within(maxBytes, limits.maxResponseBytes),
      hashes: hashes.slice(0, limits.maxHashes),
    }))
  }

  /** The RLP of the block headers with these hashes; otherwise like {@link getNodes}. */
  getHeader(hashes: readonly Uint8Array[], maxBytes: number, signal?: AbortSignal) {
    return this.#ask(signal, (id, limits) => ({
      kind: 'getHeader',
      id,
      maxBytes: within(maxBytes, limits.maxResponseBytes),
      hashes: hashes.slice(0, limits.maxHashes),
    }))
  }

  /**
   * Calls `ask`, which asks for one thing, as soon as there is a place for it, ahead of all that does not wait here; settles
   * as it does. Rejects with {@link RequestError} `aborted`, `disconnected` or `protocol` if there never is.
   */
  goAhead<T>(ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted || this.#endedBy !== undefined) throw signal?.aborted ? aborted(signal) : this.#endedBy
      const onAbort = () => ahead.reject(aborted(signal))
      const leave = () => {
        signal?.removeEventListener('abort', onAbort)
        this.#ahead.delete(ahead)
      }
      const ahead: Ahead = {
        begin: () => {
          leave()
          resolve(ask())
        },
        reject: (error) => {
          leave()
          reject(error)
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#ahead.add(ahead)
      this.#letAhead()
    })
  }

  /** Gives the places that there are to those who wait for one. */
  #letAhead(): void {
    for (const next of this.#ahead) {
      if (!this.#hasPlace) return
      this.#isAheadsTurn = true
      try {
        next.begin()
      } finally {
        this.#isAheadsTurn = false
      }
    }
  }

  #ask(
    signal: AbortSignal | undefined,
    compose: (id: number, limits: Status['limits']) => Request,
  ): Promise<Uint8Array[]> {
    return new Promise((resolve, reject) => {
      const limits = this.#limitsOrThrow(signal)
      const request = compose(this.#nextId(), limits)
      this.#checkOpenBytes(request.maxBytes)
      if (countWanted(request) === 0) {
        resolve([])
        return
      }
      const frame = encodeRequest(request)
      const onAbort = () => open.settle?.(aborted(signal))
      const open: Open = {
        kind: ANSWER_KIND[request.kind],
        maxItems: countWanted(request),
        budget: request.maxBytes,
        maxBytes: request.maxBytes + SLACK_BYTES[ANSWER_KIND[request.kind]],
        wentAhead: this.#isAheadsTurn,
        settle: (result) => {
          open.settle = undefined
          signal?.removeEventListener('abort', onAbort)
          if (result instanceof RequestError) reject(result)
          else resolve(result)
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#open.set(request.id, open)
      // A wire that fails says so in onClose as well, which rejects everything that is open.
      this.#session.send(frame).catch(() => {})
    })
  }

  /** The peer's limits, as far as a message carries them. */
  #limitsOrThrow(signal: AbortSignal | undefined): Status['limits'] {
    if (signal?.aborted) throw aborted(signal)
    if (this.#endedBy !== undefined) throw this.#endedBy
    const limits = this.#session.theirStatus?.limits
    if (limits === undefined) throw new RequestError('disconnected', 'the peer has not sent its Status yet')
    if (!(this.#isAheadsTurn ? this.#hasPlace : this.hasRoom)) {
      const details = { got: this.#open.size, expected: this.#maxOpenRequests }
      throw new RequestError('tooManyRequests', 'as many requests are open as the peer allows', { details })
    }
    return {
      ...limits,
      maxResponseBytes: Math.min(limits.maxResponseBytes, MAX_BUDGET_BYTES),
      maxRefs: Math.min(limits.maxRefs, MAX_REFS),
      maxHashes: Math.min(limits.maxHashes, MAX_HASHES),
    }
  }

  #checkOpenBytes(budget: number): void {
    const { maxOpenBytes = Number.POSITIVE_INFINITY } = this.#options
    let bytes = budget
    for (const open of this.#open.values()) bytes += open.budget
    if (this.#open.size === 0 || bytes <= maxOpenBytes) return
    const details = { got: bytes, expected: maxOpenBytes }
    throw new RequestError('tooManyRequests', 'as many bytes are on their way as may be', { details })
  }

  /** Ids run from 1 to 2^32 - 1 and around; one that is still open after such a round is passed over. */
  #nextId(): number {
    do this.#lastId = (this.#lastId % (2 ** 32 - 1)) + 1
    while (this.#open.has(this.#lastId))
    return this.#lastId
  }

  #onStatus(status: Status): void {
    this.#greeting.resolve(status)
    this.#letAhead()
    this.#options.onStatus?.(status)
  }

  #onMessage(message: Exclude<Message, { kind: 'status' }>): void {
    if (!('items' in message)) throw violation('unexpectedMessage', `a ${message.kind} for a requester`)
    const open = this.#open.get(message.id)
    if (open?.kind !== message.kind) throw violation('unexpectedAnswer', `no ${message.kind} was asked for`)
    if (message.items.length > open.maxItems) {
      throw violation('answerTooLarge', 'more items than were asked for', {
        got: message.items.length,
        expected: open.maxItems,
      })
    }
    const bytes = message.items.reduce((sum, item) => sum + item.length, 0)
    if (bytes > open.maxBytes)
      throw violation('answerTooLarge', 'more bytes than were asked for', { got: bytes, expected: open.maxBytes })
    const hadRoom = this.hasRoom
    const largest = message.items.reduce((most, item) => Math.max(most, item.length), 0)
    if (largest > maxItemBytes(message.kind, open.budget)) {
      throw violation('answerTooLarge', `a ${message.kind} of more bytes than can be carried`, { got: largest })
    }
    this.#open.delete(message.id)
    this.#letAhead()
    open.settle?.(message.items)
    if (open.wentAhead && !hadRoom && this.hasRoom) this.#options.onRoom?.()
  }

  #onEnd(error: unknown): void {
    this.#endedBy =
      error instanceof ProtocolError
        ? new RequestError('protocol', `the peer broke the protocol: ${error.message}`, { cause: error })
        : new RequestError('disconnected', 'the peer has left', { cause: error })
    if (error instanceof ProtocolError) this.#options.onViolation?.(error)
    this.#greeting.reject(this.#endedBy)
    for (const ahead of this.#ahead) ahead.reject(this.#endedBy)
    for (const open of this.#open.values()) open.settle?.(this.#endedBy)
    this.#open.clear()
    this.#options.onClose?.(error)
  }
}

/** A budget is at least one byte: the first item comes whatever it is. */
function within(maxBytes: number, most: number): number {
  return Math.max(1, Math.floor(Math.min(maxBytes, most)))
}

function aborted(signal: AbortSignal | undefined): RequestError {
  return new RequestError('aborted', 'the request was aborted', { cause: signal?.reason })
}

interface PromiseWithSettlers<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

/** `Promise.withResolvers` of newer platforms, without a complaint when nobody waits for it. */
function withSettlers<T>(): PromiseWithSettlers<T> {
  let resolve: (value: T) => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}

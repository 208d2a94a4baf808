/**
 * The asking side, one per stream. Gives each request an id, matches answers by id, and checks each answer's size
 * against its request. The caller checks hashes and sets timeouts. A request stays open until the answer comes or the
 * stream ends, so a late answer is still of use.
 */
import { type Clock, systemClock } from '../runtime/clock.ts'
import type { NodeRequest, WayRequest } from '../trie/node-source.ts'
import { MAX_ANSWER_FRAME_BYTES, MAX_BUDGET_BYTES, MAX_HASHES, MAX_OPEN_REQUESTS, MAX_REFS } from './constants.ts'
import { encodeRequest } from './encode.ts'
import { aborted, ProtocolError, RequestError, violation } from './error.ts'
import {
  ANSWER_KIND,
  type Answer,
  countWanted,
  type Message,
  maxItemBytes,
  type Request,
  SLACK_BYTES,
  type Status,
} from './messages.ts'
import { PriorityReads } from './priority-reads.ts'
import { Session } from './session.ts'
import type { Wire } from './wire.ts'

/** The options of a requester. */
export interface RequesterOptions {
  readonly wire: Wire
  /** Our own Status, sent first. */
  readonly status: Status
  readonly clock?: Clock
  /**
   * The most bytes for the budgets of all open requests, abandoned ones included. A single request may always go. Left
   * out: no limit.
   */
  readonly maxOpenBytes?: number
  /** Called with the peer's Status, the first and each later one. */
  readonly onStatus?: (status: Status) => void
  /** Called when {@link Requester.hasRoom} has become true again, after the answer to a priority read. */
  readonly onRoom?: () => void
  /** Called when the stream has ended because the peer broke the protocol. Comes before {@link onClose}. */
  readonly onViolation?: (error: ProtocolError) => void
  /** Called once when the stream has ended, by either side. `error` is undefined after an orderly end. */
  readonly onClose?: (error: unknown) => void
}

/** A request open at the peer. `settle` is undefined once the caller has given up. */
interface Open {
  readonly kind: Answer['kind']
  readonly maxItems: number
  /** The request's budget, and the most bytes of its answer. */
  readonly budget: number
  readonly maxBytes: number
  /** True if bulk may have been refused because of this request. */
  readonly hadPriority: boolean
  settle: ((result: Uint8Array[] | RequestError) => void) | undefined
}

/** Asks one peer. Call `start` first; every promise settles at the latest when the stream ends. */
export class Requester {
  readonly #session: Session
  readonly #options: RequesterOptions
  readonly #open = new Map<number, Open>()
  readonly #priorityReads = new PriorityReads(() => this.#hasPlace)
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

  /** Number of requests not answered by the peer yet, abandoned ones included. */
  get openRequests(): number {
    return this.#open.size
  }

  /** True if one more request may be sent: the peer accepts one, and no priority read waits. */
  get hasRoom(): boolean {
    return this.#hasPlace && this.#priorityReads.isEmpty
  }

  get #hasPlace(): boolean {
    return this.#open.size < this.#maxOpenRequests
  }

  /** The peer's limit, and at most ours: a peer allowing any number and answering none takes no more of our memory. */
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

  /** Sends our new Status. */
  sendStatus(status: Status): void {
    this.#session.sendStatus(status)
  }

  /** Ends the stream; open requests reject with `disconnected`. May be called twice. */
  close(): void {
    this.#session.close()
  }

  /**
   * Resolves with a run for each of the first requests, in order. Fewer runs: the budget was used up, or the peer's
   * Status allows fewer refs. Empty run: the peer does not have the node. The runs are views of one frame. Without
   * requests nothing is sent, and the result is empty. Rejects with {@link RequestError}.
   */
  getNodes(root: Uint8Array, requests: readonly NodeRequest[], maxBytes: number, signal?: AbortSignal) {
    return this.#ask(requests.length, signal, (id, limits) => ({
      kind: 'getNodes',
      id,
      root,
      maxBytes: within(maxBytes, limits.maxResponseBytes),
      refs: requests.slice(0, limits.maxRefs),
    }))
  }

  /** Resolves with the nodes from each ref down along its key; otherwise like {@link getNodes}. */
  getPaths(root: Uint8Array, requests: readonly WayRequest[], maxBytes: number, signal?: AbortSignal) {
    return this.#ask(requests.length, signal, (id, limits) => ({
      kind: 'getPaths',
      id,
      root,
      maxBytes: within(maxBytes, limits.maxResponseBytes),
      refs: requests.slice(0, limits.maxRefs),
    }))
  }

  /** Resolves with the bytecodes of these hashes; otherwise like {@link getNodes}. */
  getCode(hashes: readonly Uint8Array[], maxBytes: number, signal?: AbortSignal) {
    return this.#ask(hashes.length, signal, (id, limits) => ({
      kind: 'getCode',
      id,
      maxBytes: within(maxBytes, limits.maxResponseBytes),
      hashes: hashes.slice(0, limits.maxHashes),
    }))
  }

  /** Resolves with the RLP of the block headers of these hashes; otherwise like {@link getNodes}. */
  getHeader(hashes: readonly Uint8Array[], maxBytes: number, signal?: AbortSignal) {
    return this.#ask(hashes.length, signal, (id, limits) => ({
      kind: 'getHeader',
      id,
      maxBytes: within(maxBytes, limits.maxResponseBytes),
      hashes: hashes.slice(0, limits.maxHashes),
    }))
  }

  /**
   * Calls `ask`, sending one request, as soon as there is a place, ahead of all callers not waiting here. Settles like
   * `ask`. Rejects with {@link RequestError} `aborted`, `disconnected` or `protocol` if there never is a place.
   */
  async askFirst<T>(ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#endedBy !== undefined && !signal?.aborted) throw this.#endedBy
    return this.#priorityReads.add(ask, signal)
  }

  #ask(
    wanted: number,
    signal: AbortSignal | undefined,
    compose: (id: number, limits: Status['limits']) => Request,
  ): Promise<Uint8Array[]> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted || this.#endedBy !== undefined) throw signal?.aborted ? aborted(signal) : this.#endedBy
      if (wanted === 0) {
        resolve([])
        return
      }
      const limits = this.#limitsOrThrow()
      const request = compose(this.#nextId(), limits)
      this.#checkOpenBytes(request.maxBytes)
      const frame = encodeRequest(request)
      const onAbort = () => open.settle?.(aborted(signal))
      const open: Open = {
        kind: ANSWER_KIND[request.kind],
        maxItems: countWanted(request),
        budget: request.maxBytes,
        maxBytes: request.maxBytes + SLACK_BYTES[ANSWER_KIND[request.kind]],
        hadPriority: this.#priorityReads.isSending,
        settle: (result) => {
          open.settle = undefined
          signal?.removeEventListener('abort', onAbort)
          if (result instanceof RequestError) reject(result)
          else resolve(result)
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#open.set(request.id, open)
      // A failing wire also calls onClose, which rejects all open requests.
      this.#session.send(frame).catch(() => {})
    })
  }

  /**
   * Returns the peer's limits, at most the protocol's own. Throws {@link RequestError} if no request may be sent now.
   */
  #limitsOrThrow(): Status['limits'] {
    const limits = this.#session.theirStatus?.limits
    if (limits === undefined) throw new RequestError('disconnected', 'the peer has not sent its Status yet')
    if (!(this.#priorityReads.isSending ? this.#hasPlace : this.hasRoom)) {
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

  /** Returns the next id, from 1 to 2^32 - 1 and around. Skips ids still open from the last round. */
  #nextId(): number {
    do this.#lastId = (this.#lastId % (2 ** 32 - 1)) + 1
    while (this.#open.has(this.#lastId))
    return this.#lastId
  }

  #onStatus(status: Status): void {
    this.#greeting.resolve(status)
    this.#priorityReads.begin()
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
    this.#priorityReads.begin()
    open.settle?.(message.items)
    if (open.hadPriority && !hadRoom && this.hasRoom) this.#options.onRoom?.()
  }

  #onEnd(error: unknown): void {
    this.#endedBy =
      error instanceof ProtocolError
        ? new RequestError('protocol', `the peer broke the protocol: ${error.message}`, { cause: error })
        : new RequestError('disconnected', 'the peer has left', { cause: error })
    if (error instanceof ProtocolError) this.#options.onViolation?.(error)
    this.#greeting.reject(this.#endedBy)
    this.#priorityReads.end(this.#endedBy)
    for (const open of this.#open.values()) open.settle?.(this.#endedBy)
    this.#open.clear()
    this.#options.onClose?.(error)
  }
}

/** Returns the budget: at least one byte, because the first item comes with any budget. */
function within(maxBytes: number, most: number): number {
  return Math.max(1, Math.floor(Math.min(maxBytes, most)))
}

interface PromiseWithSettlers<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Returns a promise with its settlers, like `Promise.withResolvers` of newer platforms. An unhandled rejection raises
 * no complaint.
 */
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

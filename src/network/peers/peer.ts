/**
 * A connected peer: asks it, measures it, judges it. The sync loop reports how each request ended; what follows from that
 * is decided in `blame.ts` and carried out here. Whoever connected the peer is told when it leaves, and hangs up.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Span, Status } from '../../protocol/messages.ts'
import { Requester } from '../../protocol/requester.ts'
import type { Wire } from '../../protocol/wire.ts'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import type { Outcome, SyncPeer } from '../../sync/peer.ts'
import type { NodeRequest, WayRequest } from '../../trie/node-source.ts'
import type { Path } from '../../trie/path.ts'
import type { Transport } from '../address.ts'
import { MAX_WEBRTC_ANSWER_BYTES, MAX_WEBRTC_IN_FLIGHT_BYTES, UNRELIABLE_SCORE } from '../constants.ts'
import { type Departure, departureOf, protocolViolation } from '../departure.ts'
import { describeError } from '../dial-error.ts'
import { judge } from './blame.ts'
import { Capacity } from './capacity.ts'
import { Patience } from './patience.ts'
import { Score } from './score.ts'

/** What a peer is made of. */
export interface NetworkPeerOptions {
  readonly id: string
  readonly address: string
  readonly transport: Transport
  readonly wire: Wire
  /** What we say about ourselves. */
  readonly status: Status
  /** The score of earlier connections. */
  readonly score?: Score
  /** What earlier connections have taught us about how long to wait. */
  readonly patience?: Patience
  readonly clock?: Clock
  /** The peer's Status has changed. */
  readonly onStatus?: (peer: NetworkPeer) => void
  /** It may be asked for bulk again. */
  readonly onRoom?: (peer: NetworkPeer) => void
  /** The stream has ended, whoever ended it. Called once, and possibly from inside {@link NetworkPeer.report}. */
  readonly onLeave?: (departure: Departure, peer: NetworkPeer) => void
  /** A lie was found in its answers when it had left already. */
  readonly onLateBlame?: (departure: Departure, peer: NetworkPeer) => void
}

/** One peer on one stream. `start` first. Has the shape of the sync loop's `SyncPeer`. */
export class NetworkPeer implements SyncPeer {
  readonly id: string
  readonly address: string
  readonly transport: Transport
  /** It is another tab: only those are behind a relay. */
  readonly isTab: boolean
  readonly #clock: Clock
  readonly #score: Score
  readonly #capacity: Capacity
  readonly #patience: Patience
  readonly #requester: Requester
  /** What its Status says it has, by root. */
  #coverage: ReadonlyMap<string, readonly Span[]> | undefined
  readonly #onLateBlame: NetworkPeerOptions['onLateBlame']
  #departure: Departure | undefined
  #left = false

  constructor(options: NetworkPeerOptions) {
    this.#onLateBlame = options.onLateBlame
    this.id = options.id
    this.address = options.address
    this.transport = options.transport
    this.isTab = options.address.includes('/p2p-circuit/')
    this.#clock = options.clock ?? systemClock
    this.#score = options.score ?? new Score()
    this.#patience = options.patience ?? new Patience()
    this.#capacity = new Capacity(this.#patience)
    this.#requester = new Requester({
      wire: options.wire,
      status: options.status,
      clock: this.#clock,
      onStatus: (status) => {
        this.#coverage = new Map(status.roots.map(({ root, coverage }) => [bytesToHex(root), coverage]))
        options.onStatus?.(this)
      },
      onRoom: () => options.onRoom?.(this),
      ...(options.transport === 'webrtc' ? { maxOpenBytes: MAX_WEBRTC_IN_FLIGHT_BYTES } : {}),
      onViolation: (error) => {
        this.#departure = protocolViolation(`${error.code}: ${error.message}`)
      },
      onClose: (error) => {
        this.#left = true
        const message = error === undefined ? {} : { message: describeError(error) }
        this.#departure ??= departureOf(error) ?? { reason: 'disconnected', banMs: 0, ...message }
        options.onLeave?.(this.#departure, this)
      },
    })
  }

  /** Why it leaves, or has left; undefined as long as it can be asked. */
  get departure(): Departure | undefined {
    return this.#departure
  }

  /** Bytes per second, measured. Zero before the first answer. */
  get bytesPerSecond(): number {
    return this.#capacity.bytesPerSecond
  }

  /** From a request to the end of its answer, in milliseconds. Zero before the first answer. */
  get roundTripMs(): number {
    return this.#capacity.roundTripMs
  }

  /** Bytes of the protocol received from it on this stream. */
  get wireBytes(): number {
    return this.#requester.bytesReceived
  }

  /** True while a request to it is open. */
  get isBusy(): boolean {
    return this.#requester.openRequests > 0
  }

  /** See {@link Requester.hasRoom}. */
  get hasRoom(): boolean {
    return this.#requester.hasRoom
  }

  /** The roots of its Status, as `0x` and 64 hex digits. */
  get roots(): string[] {
    return [...(this.#coverage?.keys() ?? [])].map((hex) => `0x${hex}`)
  }

  /** The score now. */
  get score(): number {
    return this.#score.at(this.#clock.now())
  }

  /** True while the score is at or below {@link UNRELIABLE_SCORE}. */
  get isUnreliable(): boolean {
    return this.score <= UNRELIABLE_SCORE
  }

  /** Opens the stream's session. Resolves with the peer's first Status; rejects with `RequestError`. */
  start(): Promise<Status> {
    return this.#requester.start()
  }

  /**
   * False once the peer says in its Status that it does not have `root` (32 bytes), or that what it has of it does not
   * cover `path`; true while it has not said.
   */
  mayHave(root: Uint8Array, path?: Path): boolean {
    if (this.#coverage === undefined) return true
    const spans = this.#coverage.get(bytesToHex(root))
    if (spans === undefined || path === undefined) return spans !== undefined
    const before = lastAtOrBefore(spans, path)
    return before !== undefined && path < before.end
  }

  /** Bytes to ask for in the next request: from the measured throughput, and no more than the peer says it answers. */
  requestBytes(): number {
    const most = this.#requester.theirStatus?.limits.maxResponseBytes ?? Number.POSITIVE_INFINITY
    const bytes = Math.min(this.#capacity.requestBytes(), most)
    return this.transport === 'webrtc' ? Math.min(bytes, MAX_WEBRTC_ANSWER_BYTES) : bytes
  }

  /** How long to wait for the answer to a request of `maxBytes`, in milliseconds. */
  timeoutMs(maxBytes: number): number {
    return this.#capacity.timeoutMs(maxBytes)
  }

  /** See {@link Requester.askFirst}. */
  askFirst<T>(ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#requester.askFirst(ask, signal)
  }

  /** See {@link Requester.getNodes}. */
  getNodes(root: Uint8Array, requests: readonly NodeRequest[], maxBytes: number, signal?: AbortSignal) {
    return this.#requester.getNodes(root, requests, maxBytes, signal)
  }

  /** See {@link Requester.getPaths}. */
  getPaths(root: Uint8Array, requests: readonly WayRequest[], maxBytes: number, signal?: AbortSignal) {
    return this.#requester.getPaths(root, requests, maxBytes, signal)
  }

  /** See {@link Requester.getCode}. */
  getCode(hashes: readonly Uint8Array[], maxBytes: number, signal?: AbortSignal) {
    return this.#requester.getCode(hashes, maxBytes, signal)
  }

  /** See {@link Requester.getHeader}. */
  getHeader(hashes: readonly Uint8Array[], maxBytes: number, signal?: AbortSignal) {
    return this.#requester.getHeader(hashes, maxBytes, signal)
  }

  /** Takes in how a request ended; a peer that lied or stalls is disconnected. */
  report(outcome: Outcome): void {
    const verdict = judge(outcome)
    this.#score.add(verdict.score, this.#clock.now())
    if (verdict.halve) this.#capacity.halve()
    if (outcome.kind === 'timeout') this.#patience.grow()
    if (outcome.kind === 'useful' && outcome.elapsedMs !== null) {
      this.#capacity.measure(outcome.bytes, outcome.elapsedMs)
    }
    if (verdict.departure !== undefined) this.disconnect(verdict.departure)
  }

  /** Says our new Status. */
  setStatus(status: Status): void {
    this.#requester.sendStatus(status)
  }

  /** Ends the stream; what is open rejects. The first departure counts, unless a later one keeps the peer out. */
  disconnect(departure: Departure): void {
    if (this.#left && departure.banMs > 0) this.#onLateBlame?.(departure, this)
    this.#departure ??= departure
    this.#requester.close()
  }
}

/** The last of `spans`, which are in order and apart, that begins at or before `path`. */
function lastAtOrBefore(spans: readonly Span[], path: Path): Span | undefined {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (spans[middle]!.start <= path) low = middle + 1
    else high = middle
  }
  return spans[low - 1]
}

/**
 * A connected peer: sends requests, measures and judges the answers. The sync loop reports how each request ended;
 * `blame.ts` decides on the consequences, carried out here. The creator of the peer hears of its departure, and hangs
 * up.
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

/** The parts of a peer. */
export interface NetworkPeerOptions {
  readonly id: string
  readonly address: string
  readonly transport: Transport
  readonly wire: Wire
  /** Our own Status. */
  readonly status: Status
  /** The score of earlier connections. */
  readonly score?: Score
  /** The timeout learned from earlier connections. */
  readonly patience?: Patience
  readonly clock?: Clock
  /** Called when the peer's Status has changed. */
  readonly onStatus?: (peer: NetworkPeer) => void
  /** Called when the peer takes bulk requests again. */
  readonly onRoom?: (peer: NetworkPeer) => void
  /** Called once the stream has ended, on either side; possibly from inside {@link NetworkPeer.report}. */
  readonly onLeave?: (departure: Departure, peer: NetworkPeer) => void
  /** Called when a lie is found in an answer after the peer has left. */
  readonly onLateBlame?: (departure: Departure, peer: NetworkPeer) => void
}

/** One peer on one stream. Call `start` first. */
export class NetworkPeer implements SyncPeer {
  readonly id: string
  readonly address: string
  readonly transport: Transport
  /** True for another tab: only tabs are behind a relay. */
  readonly isTab: boolean
  readonly #clock: Clock
  readonly #score: Score
  readonly #capacity: Capacity
  readonly #patience: Patience
  readonly #requester: Requester
  /** The coverage in the peer's Status, by root. */
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

  /** The reason why the peer leaves or has left; undefined while the peer can be asked. */
  get departure(): Departure | undefined {
    return this.#departure
  }

  /** The measured throughput; 0 before the first answer. */
  get bytesPerSecond(): number {
    return this.#capacity.bytesPerSecond
  }

  /** The time from a request to the end of its answer, in milliseconds; 0 before the first answer. */
  get roundTripMs(): number {
    return this.#capacity.roundTripMs
  }

  /** The bytes of the protocol received on this stream. */
  get wireBytes(): number {
    return this.#requester.bytesReceived
  }

  /** True while a request is open. */
  get isBusy(): boolean {
    return this.#requester.openRequests > 0
  }

  /** See {@link Requester.hasRoom}. */
  get hasRoom(): boolean {
    return this.#requester.hasRoom
  }

  /** The roots of the peer's Status, as `0x` and 64 hex digits. */
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

  /** Opens the stream's session. Resolves with the peer's first Status. Rejects with `RequestError`. */
  start(): Promise<Status> {
    return this.#requester.start()
  }

  /**
   * Returns false if the peer's Status lacks `root` (32 bytes), or does not cover `path` of this root. True before any
   * Status.
   */
  mayHave(root: Uint8Array, path?: Path): boolean {
    if (this.#coverage === undefined) return true
    const spans = this.#coverage.get(bytesToHex(root))
    if (spans === undefined || path === undefined) return spans !== undefined
    const before = lastAtOrBefore(spans, path)
    return before !== undefined && path < before.end
  }

  /** Returns the bytes to ask for in the next request, from the measured throughput and up to the peer's limit. */
  requestBytes(): number {
    const most = this.#requester.theirStatus?.limits.maxResponseBytes ?? Number.POSITIVE_INFINITY
    const bytes = Math.min(this.#capacity.requestBytes(), most)
    return this.transport === 'webrtc' ? Math.min(bytes, MAX_WEBRTC_ANSWER_BYTES) : bytes
  }

  /** Returns the timeout for an answer of `maxBytes`, in milliseconds. */
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

  /** Takes the outcome of a request. Disconnects a lying or stalling peer. */
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

  /** Sends our new Status. */
  setStatus(status: Status): void {
    this.#requester.sendStatus(status)
  }

  /** Ends the stream; open requests reject. The first departure counts, but a later one with a ban is reported too. */
  disconnect(departure: Departure): void {
    if (this.#left && departure.banMs > 0) this.#onLateBlame?.(departure, this)
    this.#departure ??= departure
    this.#requester.close()
  }
}

/** Returns the last span starting at or before `path`. `spans` are sorted and apart. */
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

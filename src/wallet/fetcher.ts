/**
 * Fetches nodes, codes and headers missing in reads from connected peers, and checks each before use. Wants of the same
 * moment share requests. Equal wants are asked for once. A late peer is not waited for alone. Peers are judged by the
 * same outcomes as in a sync. Every read settles in bounded time.
 */
import type { Clock } from '../runtime/clock.ts'
import { startDeadline } from '../runtime/deadline.ts'
import type { LoadError } from '../runtime/lazy-part.ts'
import type { Trace } from '../runtime/trace.ts'
import type { SyncPeer, SyncPeers } from '../sync/peer.ts'
import type { WayNode } from '../trie/check-way.ts'
import type { Keccak } from '../trie/keccak.ts'
import {
  LOST_PEER_GRACE_MS,
  MAX_READ_PEERS,
  MAX_WANTS_PER_REQUEST,
  MIN_READ_HEDGE_MS,
  READ_HEDGE_MS,
  READ_HEDGE_ROUND_TRIPS,
  READ_TIMEOUT_MS,
  REFUSAL_REST_MS,
} from './constants.ts'
import type { ReadError } from './errors.ts'
import { notSynced, type ReadFailure } from './read-failure.ts'
import { Want } from './want.ts'
import {
  askFor,
  bytesOf,
  check,
  groupOf,
  keyOf,
  mayHave,
  nameOf,
  type Wanted,
  type WantedCode,
  type WantedHeader,
  type WantedWay,
} from './wanted.ts'

export interface FetcherOptions {
  readonly peers: SyncPeers
  readonly keccak: Keccak
  readonly clock: Clock
  /** Yields until other reads of this moment have arrived: one request then carries them all. */
  readonly yieldThread: () => Promise<void>
  /** Begins to look for peers. May be called often. */
  readonly connect: () => void
  /** Returns true while a new peer may still come. False: the connected peers are all there are, for now. */
  readonly mayCome: () => boolean
  /** Returns false if there are no peers to look for. */
  readonly canCome: () => boolean
  /** Returns the error preventing dialing; `null` if none is known. */
  readonly loadFailure?: () => LoadError | null
  /** Notes each decision; `null` or left out: no notes. */
  readonly trace?: Trace | null | undefined
}

export class Fetcher {
  readonly #options: FetcherOptions
  readonly #open = new Set<Want>()
  /** The running fetches, by key. Equal wants share one fetch. */
  readonly #shared = new Map<string, Promise<unknown>>()
  /** Peers left alone for a moment after a refusal. */
  readonly #resting = new Set<SyncPeer>()
  readonly #abort = new AbortController()
  #isPumping = false
  #stopped: ReadError | null = null
  #stopListening: () => void = () => {}
  #stopTimer: () => void = () => {}

  constructor(options: FetcherOptions) {
    this.#options = options
  }

  /** True while a read waits for an answer. Other work should then leave room at the peers. */
  get isBusy(): boolean {
    return this.#open.size > 0
  }

  /**
   * Fetches the nodes from a ref down along a key: at least the first node, checked, and owned by the caller. Rejects
   * with `notSynced`.
   */
  way(way: Omit<WantedWay, 'kind'>): Promise<readonly WayNode[]> {
    return this.#fetch({ kind: 'way', ...way }) as Promise<readonly WayNode[]>
  }

  /** Fetches the bytecode with this hash (32 bytes), checked, and owned by the caller. Rejects with `notSynced`. */
  code(hash: Uint8Array): Promise<Uint8Array> {
    return this.#fetch({ kind: 'code', hash } satisfies WantedCode) as Promise<Uint8Array>
  }

  /**
   * Fetches the RLP of the header of the block with this hash (32 bytes), checked, and owned by the caller. Rejects
   * with `notSynced`.
   */
  header(hash: Uint8Array): Promise<Uint8Array> {
    return this.#fetch({ kind: 'header', hash } satisfies WantedHeader) as Promise<Uint8Array>
  }

  /** Rejects all open and all future fetches with `error`. May be called twice. */
  stop(error: ReadError): void {
    this.#stopped ??= error
    this.#abort.abort()
    for (const want of [...this.#open]) this.#reject(want, error)
  }

  #fetch(wanted: Wanted): Promise<unknown> {
    const key = keyOf(wanted)
    const shared = this.#shared.get(key)
    if (shared !== undefined) return shared
    const fetched = new Promise((resolve, reject) => {
      if (this.#stopped === null) this.#add(wanted, resolve, reject)
      else reject(this.#stopped)
    }).finally(() => this.#shared.delete(key))
    this.#shared.set(key, fetched)
    return fetched
  }

  #add(wanted: Wanted, resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
    const want = new Want(wanted, {
      clock: this.#options.clock,
      onLimit: (want) => this.#fail(want, 'timeout'),
      onGraceOver: () => void this.#pump(),
      resolve,
      reject,
    })
    if (this.#open.size === 0) this.#begin()
    this.#open.add(want)
    void this.#pump()
  }

  #begin(): void {
    this.#options.connect()
    this.#stopListening = this.#options.peers.onChange(() => void this.#pump())
    this.#watch()
  }

  /** Repeats the pump regularly, for changes brought by time alone. */
  #watch(): void {
    this.#stopTimer = this.#options.clock.after(LOST_PEER_GRACE_MS / 4, () => {
      this.#watch()
      void this.#pump()
    })
  }

  #reject(want: Want, error: unknown): void {
    if (this.#close(want)) want.reject(error)
  }

  /** open → ended. Returns false if the want has ended before. */
  #close(want: Want): boolean {
    if (!this.#open.delete(want)) return false
    if (this.#open.size === 0) {
      this.#stopListening()
      this.#stopTimer()
    }
    return true
  }

  /** Asks peers for all wants lacking a request, and gives up hopeless ones. */
  async #pump(): Promise<void> {
    if (this.#isPumping) return
    this.#isPumping = true
    await this.#options.yieldThread()
    this.#isPumping = false
    const requests = new Map<string, { readonly peer: SyncPeer; readonly wants: Want[] }>()
    for (const want of [...this.#open]) {
      if (want.asked.size >= (want.isOverdue ? MAX_READ_PEERS : 1)) continue
      const peer = this.#peerFor(want)
      if (peer === undefined) {
        this.#judge(want)
        continue
      }
      const name = `${peer.id} ${groupOf(want.wanted)}`
      const request = requests.get(name)
      if (request === undefined) requests.set(name, { peer, wants: [want] })
      else request.wants.push(want)
    }
    for (const { peer, wants } of requests.values()) {
      while (wants.length > 0) this.#ask(peer, wants.splice(0, MAX_WANTS_PER_REQUEST))
    }
  }

  /**
   * Returns the quickest peer able to have the wanted data; an unreliable peer only if there is no other. An unmeasured
   * peer counts as quickest.
   */
  #peerFor({ wanted, tried, asked }: Want): SyncPeer | undefined {
    let best: SyncPeer | undefined
    for (const peer of this.#options.peers.connected()) {
      if (tried.has(peer) || asked.has(peer) || this.#resting.has(peer) || !mayHave(peer, wanted)) continue
      if (best === undefined || isBetter(peer, best)) best = peer
    }
    return best
  }

  /** Gives up a want without a peer left to ask, unless a peer may still come or answer. */
  #judge(want: Want): void {
    const { peers, mayCome, canCome } = this.#options
    if (want.asked.size > 0 || this.#resting.size > 0 || mayCome()) return
    if ([...peers.connected()].length > 0) this.#fail(want, 'unavailable')
    else if (want.tried.size > 0 || !want.isWaitingForPeers || !canCome()) this.#fail(want, 'noPeers')
  }

  #fail(want: Want, reason: ReadFailure): void {
    const { peers, loadFailure = () => null } = this.#options
    for (const { id } of want.asked) want.failures.set(id, 'timeout')
    for (const peer of peers.connected()) if (!mayHave(peer, want.wanted)) want.failures.set(peer.id, 'empty')
    const cause = loadFailure() ?? undefined
    const why = cause !== undefined && want.failures.size === 0 ? 'loadFailed' : reason
    this.#options.trace?.('reads', 'failed', { reason: why, wanted: nameOf(want.wanted) })
    this.#reject(want, notSynced(want.wanted, why, want.failures, cause))
  }

  #ask(peer: SyncPeer, wants: readonly Want[]): void {
    const { clock, trace } = this.#options
    const maxBytes = wants.reduce((sum, { wanted }) => sum + bytesOf(wanted), 0)
    trace?.('reads', 'asked', { peer: peer.id, kind: wants[0]!.wanted.kind, items: wants.length, maxBytes })
    for (const want of wants) want.asked.add(peer)
    const stopHedge = startDeadline(clock, hedgeMs(peer), () => {
      for (const want of wants) want.isOverdue = true
      void this.#pump()
    })
    let stopTimeout = () => {}
    const ask = () => {
      // The timeout starts here: before, the request waited for other requests of ours.
      stopTimeout = startDeadline(clock, Math.min(READ_TIMEOUT_MS, peer.timeoutMs(maxBytes)), () => {
        this.#release(peer, wants, 'timeout')
        peer.report({ kind: 'timeout', maxBytes })
      })
      const wanted = wants.map((want) => want.wanted)
      return askFor(peer, wanted, maxBytes, this.#abort.signal)
    }
    const answer = peer.askFirst?.(ask, this.#abort.signal) ?? ask()
    answer
      .then(
        (parts) => this.#take(peer, wants, parts),
        // The peer has gone, or takes no more requests for now, or this fetcher has stopped.
        () => {
          if (this.#stopped === null) this.#rest(peer, wants)
        },
      )
      .finally(() => {
        stopHedge()
        stopTimeout()
      })
      // A bug of ours while checking the answer.
      .catch((error) => {
        for (const want of wants) this.#reject(want, error)
      })
  }

  /** Checks an answer and settles its wants. A late answer is checked as well: its data is as true. */
  #take(peer: SyncPeer, wants: readonly Want[], parts: readonly Uint8Array[]): void {
    for (const [i, want] of wants.entries()) {
      const bytes = parts[i]
      // Parts missing at the end did not fit. An answer without any part means "don't have it".
      if (bytes === undefined && parts.length > 0) break
      if (bytes === undefined || bytes.length === 0) {
        this.#note(want, peer, 'empty')
        continue
      }
      const checked = check(want.wanted, bytes, this.#options.keccak)
      if ('lie' in checked) {
        this.#release(peer, wants, 'lie')
        peer.report({ kind: 'lie', reason: checked.lie })
        return
      }
      if (this.#close(want)) want.resolve(checked.value)
    }
    this.#release(peer, wants, null)
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    peer.report(bytes === 0 ? { kind: 'empty' } : { kind: 'useful', bytes, elapsedMs: null })
  }

  /** asked → open: other peers may be asked, and `peer` again only if there was no failure. */
  #release(peer: SyncPeer, wants: readonly Want[], failure: 'timeout' | 'lie' | null): void {
    for (const want of wants) {
      want.asked.delete(peer)
      if (failure !== null) this.#note(want, peer, failure)
    }
    void this.#pump()
  }

  #note(want: Want, peer: SyncPeer, failure: 'empty' | 'timeout' | 'lie'): void {
    this.#options.trace?.('reads', 'missed', { peer: peer.id, reason: failure })
    want.tried.add(peer)
    want.failures.set(peer.id, failure)
  }

  /** Leaves a peer alone for a moment after a disconnect or a refusal. */
  #rest(peer: SyncPeer, wants: readonly Want[]): void {
    const isGone = ![...this.#options.peers.connected()].includes(peer)
    this.#options.trace?.('reads', 'missed', { peer: peer.id, reason: isGone ? 'gone' : 'refused' })
    for (const want of wants) {
      if (isGone) want.losePeer()
      // An earlier failure says more than this one.
      if (!want.tried.has(peer)) want.failures.set(peer.id, isGone ? 'gone' : 'refused')
    }
    this.#resting.add(peer)
    this.#release(peer, wants, null)
    this.#options.clock.after(REFUSAL_REST_MS, () => {
      this.#resting.delete(peer)
      void this.#pump()
    })
  }
}

/** Returns true if `a` is to be asked before `b`. */
function isBetter(a: SyncPeer, b: SyncPeer): boolean {
  const [unreliable, than] = [a.isUnreliable === true, b.isUnreliable === true]
  return unreliable === than ? a.roundTripMs < b.roundTripMs : than
}

/** Returns how long `peer` is waited for alone, in milliseconds. */
function hedgeMs({ roundTripMs }: SyncPeer): number {
  return roundTripMs === 0 ? READ_HEDGE_MS : Math.max(MIN_READ_HEDGE_MS, roundTripMs * READ_HEDGE_ROUND_TRIPS)
}

/**
 * Fetches what reads miss from whatever peers are connected, and checks it before it is used. What is wanted at the same
 * time shares requests, what is wanted twice is asked for once, and a peer that is late is not waited for alone. Peers are
 * judged by the same outcomes as in a sync. Every read settles in bounded time.
 */
import type { Clock } from '../runtime/clock.ts'
import { startDeadline } from '../runtime/deadline.ts'
import type { LoadError } from '../runtime/lazy-part.ts'
import type { SyncPeer, SyncPeers } from '../sync/peer.ts'
import type { Keccak } from '../trie/keccak.ts'
import type { WayNode } from '../trie/way.ts'
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
  type Wanted,
  type WantedCode,
  type WantedHeader,
  type WantedWay,
} from './wanted.ts'

export interface FetcherOptions {
  readonly peers: SyncPeers
  readonly keccak: Keccak
  readonly clock: Clock
  /** Lets whatever else is about to be asked for be asked for: then one request carries it all. */
  readonly yieldThread: () => Promise<void>
  /** Begins to look for peers. May be called often. */
  readonly connect: () => void
  /** True while a peer may come that was not met yet; false: who is connected is all there is, for now. */
  readonly mayCome: () => boolean
  /** False: there is nobody to look for. */
  readonly canCome: () => boolean
  /** Why nobody can be dialed; `null`: nothing is known to be in the way. */
  readonly loadFailure?: () => LoadError | null
}

export class Fetcher {
  readonly #options: FetcherOptions
  readonly #open = new Set<Want>()
  /** What is under way, by name: whoever wants the same joins. */
  readonly #shared = new Map<string, Promise<unknown>>()
  /** Peers that refuse to be asked, for a moment. */
  readonly #resting = new Set<SyncPeer>()
  readonly #abort = new AbortController()
  #isPumping = false
  #stopped: ReadError | null = null
  #stopListening: () => void = () => {}
  #stopTimer: () => void = () => {}

  constructor(options: FetcherOptions) {
    this.#options = options
  }

  /** True while somebody waits for an answer: others should leave the peers some room. */
  get isBusy(): boolean {
    return this.#open.size > 0
  }

  /** The nodes from a ref down along a key, at least the first; checked, and the caller's. Rejects with `notSynced`. */
  way(way: Omit<WantedWay, 'kind'>): Promise<readonly WayNode[]> {
    return this.#fetch({ kind: 'way', ...way }) as Promise<readonly WayNode[]>
  }

  /** The bytecode with this hash (32 bytes); checked, and the caller's. Rejects with `notSynced`. */
  code(hash: Uint8Array): Promise<Uint8Array> {
    return this.#fetch({ kind: 'code', hash } satisfies WantedCode) as Promise<Uint8Array>
  }

  /** RLP of the header of the block with this hash (32 bytes); checked, and the caller's. Rejects with `notSynced`. */
  header(hash: Uint8Array): Promise<Uint8Array> {
    return this.#fetch({ kind: 'header', hash } satisfies WantedHeader) as Promise<Uint8Array>
  }

  /** Gives up on everything, what is asked for from now on included. May be called twice. */
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

  /** Looks again, now and then, at what only time changes. */
  #watch(): void {
    this.#stopTimer = this.#options.clock.after(LOST_PEER_GRACE_MS / 4, () => {
      this.#watch()
      void this.#pump()
    })
  }

  #reject(want: Want, error: unknown): void {
    if (this.#close(want)) want.reject(error)
  }

  /** open → ended. False: it has ended before. */
  #close(want: Want): boolean {
    if (!this.#open.delete(want)) return false
    if (this.#open.size === 0) {
      this.#stopListening()
      this.#stopTimer()
    }
    return true
  }

  /** Asks for all that is not asked for. */
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

  /** The quickest that may have it; one that was never measured may be. */
  #peerFor({ wanted, tried, asked }: Want): SyncPeer | undefined {
    let best: SyncPeer | undefined
    for (const peer of this.#options.peers.connected()) {
      if (tried.has(peer) || asked.has(peer) || this.#resting.has(peer) || !mayHave(peer, wanted)) continue
      if (best === undefined || peer.roundTripMs < best.roundTripMs) best = peer
    }
    return best
  }

  /** No peer is left to be asked: gives up, unless one may still come, or answer. */
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
    const isNotLoaded = cause !== undefined && want.failures.size === 0
    this.#reject(want, notSynced(want.wanted, isNotLoaded ? 'loadFailed' : reason, want.failures, cause))
  }

  #ask(peer: SyncPeer, wants: readonly Want[]): void {
    const { clock } = this.#options
    const maxBytes = wants.reduce((sum, { wanted }) => sum + bytesOf(wanted), 0)
    for (const want of wants) want.asked.add(peer)
    const stopHedge = startDeadline(clock, hedgeMs(peer), () => {
      for (const want of wants) want.isOverdue = true
      void this.#pump()
    })
    let stopTimeout = () => {}
    const ask = () => {
      // Before that it waits for other requests of ours.
      stopTimeout = startDeadline(clock, Math.min(READ_TIMEOUT_MS, peer.timeoutMs(maxBytes)), () => {
        this.#release(peer, wants, 'timeout')
        peer.report({ kind: 'timeout', maxBytes })
      })
      const wanted = wants.map((want) => want.wanted)
      return askFor(peer, wanted, maxBytes, this.#abort.signal)
    }
    const answer = peer.goAhead?.(ask, this.#abort.signal) ?? ask()
    answer
      .then(
        (parts) => this.#take(peer, wants, parts),
        // It has gone, or takes no more requests for now; or we have stopped.
        () => {
          if (this.#stopped === null) this.#rest(peer, wants)
        },
      )
      .finally(() => {
        stopHedge()
        stopTimeout()
      })
      // A bug of ours, in looking at the answer.
      .catch((error) => {
        for (const want of wants) this.#reject(want, error)
      })
  }

  /** Looks at an answer, also at one that comes late: what it brings is as true. */
  #take(peer: SyncPeer, wants: readonly Want[], parts: readonly Uint8Array[]): void {
    for (const [i, want] of wants.entries()) {
      const bytes = parts[i]
      // What is missing at the end did not fit; with nothing at all it says "don't have it".
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
    if (parts.every((bytes) => bytes.length === 0)) peer.report({ kind: 'empty' })
  }

  /** asked → open: others may be asked; `peer` itself only if it did not fail in vain. */
  #release(peer: SyncPeer, wants: readonly Want[], failure: 'timeout' | 'lie' | null): void {
    for (const want of wants) {
      want.asked.delete(peer)
      if (failure !== null) this.#note(want, peer, failure)
    }
    void this.#pump()
  }

  #note(want: Want, peer: SyncPeer, failure: 'empty' | 'timeout' | 'lie'): void {
    want.tried.add(peer)
    want.failures.set(peer.id, failure)
  }

  /** It has disconnected, or takes no more requests: left alone for a moment. */
  #rest(peer: SyncPeer, wants: readonly Want[]): void {
    const isGone = ![...this.#options.peers.connected()].includes(peer)
    for (const want of wants) {
      if (isGone) want.losePeer()
      // Why it had failed before says more.
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

/** How long `peer` is waited for alone. */
function hedgeMs({ roundTripMs }: SyncPeer): number {
  return roundTripMs === 0 ? READ_HEDGE_MS : Math.max(MIN_READ_HEDGE_MS, roundTripMs * READ_HEDGE_ROUND_TRIPS)
}

/**
 * Fetches what reads miss from whatever peers are connected, and checks it before it is used. What is wanted at the same
 * time shares requests, what is wanted twice is asked for once, and a peer that is late is not waited for alone. Peers are
 * judged by the same outcomes as in a sync. Every read settles in bounded time.
 */
import type { Clock } from '../sync/clock.ts'
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
import { ReadError } from './errors.ts'
import {
  askFor,
  bytesOf,
  type Checked,
  check,
  groupOf,
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
  /** Lets whatever else is about to be asked for be asked for: then one request carries it all. */
  readonly yieldThread: () => Promise<void>
  /** Begins to look for peers. May be called often. */
  readonly connect: () => void
  /** True while a peer may come that was not met yet; false: who is connected is all there is, for now. */
  readonly mayCome: () => boolean
  /** False: there is nobody to look for. */
  readonly canCome: () => boolean
}

interface Want {
  readonly wanted: Wanted
  readonly sinceMs: number
  /** Those that do not have it, lied, or did not answer in time. */
  readonly tried: Set<SyncPeer>
  /** Those that are being asked. */
  readonly asked: Set<SyncPeer>
  isOverdue: boolean
  readonly resolve: (value: Extract<Checked, { value: unknown }>['value']) => void
  readonly reject: (error: ReadError) => void
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
    const name = nameOf(wanted)
    const shared = this.#shared.get(name)
    if (shared !== undefined) return shared
    const fetched = new Promise((resolve, reject) => {
      const sinceMs = this.#options.clock.now()
      this.#add({ wanted, sinceMs, tried: new Set(), asked: new Set(), isOverdue: false, resolve, reject })
    }).finally(() => this.#shared.delete(name))
    this.#shared.set(name, fetched)
    return fetched
  }

  #add(want: Want): void {
    if (this.#stopped !== null) {
      want.reject(this.#stopped)
      return
    }
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

  #reject(want: Want, error: ReadError): void {
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

  /** Nobody is left to be asked: gives up, unless somebody may still come, or answer. */
  #judge(want: Want): void {
    const waitedMs = this.#options.clock.now() - want.sinceMs
    const isAlone = [...this.#options.peers.connected()].length === 0
    if (waitedMs >= READ_TIMEOUT_MS) this.#fail(want, 'timeout')
    else if (want.asked.size > 0 || this.#resting.size > 0 || this.#options.mayCome()) return
    else if (!isAlone) this.#fail(want, 'unavailable')
    else if (want.tried.size > 0 || waitedMs >= LOST_PEER_GRACE_MS || !this.#options.canCome()) {
      this.#fail(want, 'noPeers')
    }
  }

  #fail(want: Want, reason: keyof typeof REASONS): void {
    const message = `${nameOf(want.wanted)} is not here, and ${REASONS[reason]}`
    this.#reject(want, new ReadError('notSynced', message, { details: { reason } }))
  }

  #ask(peer: SyncPeer, wants: readonly Want[]): void {
    const { clock } = this.#options
    const maxBytes = wants.reduce((sum, { wanted }) => sum + bytesOf(wanted), 0)
    for (const want of wants) want.asked.add(peer)
    const stopHedge = clock.after(hedgeMs(peer), () => {
      for (const want of wants) want.isOverdue = true
      void this.#pump()
    })
    const stopTimeout = clock.after(Math.min(READ_TIMEOUT_MS, peer.timeoutMs(maxBytes)), () => {
      this.#release(peer, wants, true)
      peer.report({ kind: 'timeout', maxBytes })
    })
    const wanted = wants.map((want) => want.wanted)
    askFor(peer, wanted, maxBytes, this.#abort.signal)
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
  }

  /** Looks at an answer, also at one that comes late: what it brings is as true. */
  #take(peer: SyncPeer, wants: readonly Want[], parts: readonly Uint8Array[]): void {
    for (const [i, want] of wants.entries()) {
      const bytes = parts[i]
      // What is missing at the end did not fit; with nothing at all it says "don't have it".
      if (bytes === undefined && parts.length > 0) break
      if (bytes === undefined || bytes.length === 0) {
        want.tried.add(peer)
        continue
      }
      const checked = check(want.wanted, bytes, this.#options.keccak)
      if ('lie' in checked) {
        this.#release(peer, wants, true)
        peer.report({ kind: 'lie', reason: checked.lie })
        return
      }
      if (this.#close(want)) want.resolve(checked.value)
    }
    this.#release(peer, wants, false)
    if (parts.every((bytes) => bytes.length === 0)) peer.report({ kind: 'empty' })
  }

  /** asked → open: what it was asked for may be asked of others; of itself only if it was not `tried` in vain. */
  #release(peer: SyncPeer, wants: readonly Want[], tried: boolean): void {
    for (const want of wants) {
      want.asked.delete(peer)
      if (tried) want.tried.add(peer)
    }
    void this.#pump()
  }

  #rest(peer: SyncPeer, wants: readonly Want[]): void {
    this.#resting.add(peer)
    this.#release(peer, wants, false)
    this.#options.clock.after(REFUSAL_REST_MS, () => {
      this.#resting.delete(peer)
      void this.#pump()
    })
  }
}

const REASONS = {
  noPeers: 'there is no peer to ask',
  unavailable: 'no peer that is connected has it',
  timeout: 'no peer has answered in time',
} as const

/** How long `peer` is waited for alone. */
function hedgeMs({ roundTripMs }: SyncPeer): number {
  return roundTripMs === 0 ? READ_HEDGE_MS : Math.max(MIN_READ_HEDGE_MS, roundTripMs * READ_HEDGE_ROUND_TRIPS)
}

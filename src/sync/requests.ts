/**
 * The requests of one sync: which peer is asked for what, which answers wait to be looked at, and what a silence means.
 * A request holds its gaps until its answer has been verified, not until it arrives; one that timed out has let go of
 * them, and its answer is still used when it comes.
 */
import type { Clock } from './clock.ts'
import type { WantedCode } from './code-queue.ts'
import { MAX_CODES_PER_REQUEST, MAX_REFS_PER_REQUEST, MAX_REQUESTS_PER_PEER, REFUSAL_REST_MS } from './constants.ts'
import type { Gap } from './frontier.ts'
import type { SyncPeer, SyncPeers } from './peer.ts'
import type { Scheduler } from './scheduler.ts'

export type Asked =
  | { readonly kind: 'nodes'; readonly gaps: readonly Gap[] }
  | { readonly kind: 'codes'; readonly codes: readonly WantedCode[] }

interface Request {
  readonly peer: SyncPeer
  readonly asked: Asked
  readonly maxBytes: number
  readonly sentAt: number
  stopTimer: () => void
}

/** An answer that has come: runs for the gaps, or codes, in their order. */
export interface Answer {
  readonly peer: SyncPeer
  readonly asked: Asked
  readonly parts: readonly Uint8Array[]
  readonly bytes: number
  /** From sending to receipt. */
  readonly elapsedMs: number
  /** To be called when everything in the answer has been looked at. */
  settle(): void
}

export interface RequestsOptions {
  readonly root: Uint8Array
  readonly peers: SyncPeers
  readonly clock: Clock
  /** Something has come, or someone has gone. */
  readonly onChange: () => void
}

export class Requests {
  /** Bytes of answers so far. */
  receivedBytes = 0
  readonly #options: RequestsOptions
  readonly #abort = new AbortController()
  readonly #open = new Map<SyncPeer, Set<Request>>()
  readonly #answers: Answer[] = []
  /** Peers that have let a request time out and answered nothing since: one request each, so that little waits for them. */
  readonly #silent = new WeakSet<SyncPeer>()
  /** Peers that refuse to be asked (as many requests are open as they allow), and how to stop the timer that ends it. */
  readonly #resting = new Map<SyncPeer, () => void>()

  constructor(options: RequestsOptions) {
    this.#options = options
  }

  /** True if nothing has been asked for that may still be answered, and no answer waits. */
  get idle(): boolean {
    return this.#open.size === 0 && this.#answers.length === 0
  }

  /** The oldest answer that has not been looked at. */
  nextAnswer(): Answer | undefined {
    return this.#answers.shift()
  }

  /** Asks every peer that has room for what it has not failed to answer, the fastest first, one request each in turn. */
  assign(scheduler: Scheduler, heldElsewhere: number): void {
    const { peers, root } = this.#options
    let able = [...peers.connected()].filter((peer) => peer.mayHave(root) && this.#hasRoom(peer))
    able.sort((a, b) => b.requestBytes() - a.requestBytes())
    while (able.length > 0) {
      able = able.filter((peer) => this.#ask(peer, scheduler, heldElsewhere) && this.#hasRoom(peer))
    }
  }

  /** Forgets which peers had nothing: they may have it now. */
  forgive(scheduler: Scheduler): void {
    for (const gap of scheduler.gaps.values()) gap.attempts = null
    for (const code of scheduler.codes.wanted) code.attempts = null
  }

  /** Gives up on everything that is open. */
  stop(): void {
    this.#abort.abort()
    for (const requests of this.#open.values()) for (const request of requests) request.stopTimer()
    for (const stopTimer of this.#resting.values()) stopTimer()
    this.#resting.clear()
    this.#open.clear()
    this.#answers.length = 0
  }

  #hasRoom(peer: SyncPeer): boolean {
    if (this.#resting.has(peer)) return false
    return (this.#open.get(peer)?.size ?? 0) < (this.#silent.has(peer) ? 1 : MAX_REQUESTS_PER_PEER)
  }

  /** Sends one request to `peer`. False: there is nothing that it can be asked for. */
  #ask(peer: SyncPeer, scheduler: Scheduler, heldElsewhere: number): boolean {
    const { root } = this.#options
    const { signal } = this.#abort
    const maxBytes = peer.requestBytes()
    // Codes first, as in the original: they can be written and forgotten.
    const codes = scheduler.codes.missing(MAX_CODES_PER_REQUEST, (code) => !code.attempts?.has(peer))
    if (codes.length > 0) {
      const hashes = codes.map((code) => code.hash)
      this.#send(peer, { kind: 'codes', codes }, maxBytes, scheduler, peer.getCode(hashes, maxBytes, signal))
      return true
    }
    const gaps = scheduler.missing(maxBytes, MAX_REFS_PER_REQUEST, heldElsewhere, (gap) => !gap.attempts?.has(peer))
    if (gaps.length === 0) return false
    this.#send(peer, { kind: 'nodes', gaps }, maxBytes, scheduler, peer.getNodes(root, gaps, maxBytes, signal))
    return true
  }

  #send(
    peer: SyncPeer,
    asked: Asked,
    maxBytes: number,
    scheduler: Scheduler,
    answer: Promise<readonly Uint8Array[]>,
  ): void {
    const { clock } = this.#options
    const request: Request = { peer, asked, maxBytes, sentAt: clock.now(), stopTimer: () => {} }
    const requests = this.#open.get(peer)
    if (requests === undefined) this.#open.set(peer, new Set([request]))
    else requests.add(request)
    request.stopTimer = clock.after(peer.timeoutMs(maxBytes), () => {
      this.#silent.add(peer)
      this.#end(request, scheduler)
      peer.report({ kind: 'timeout', maxBytes })
    })
    answer.then(
      (parts) => this.#receive(request, scheduler, parts),
      () => this.#refuse(request, scheduler),
    )
  }

  #receive(request: Request, scheduler: Scheduler, parts: readonly Uint8Array[]): void {
    if (this.#abort.signal.aborted) return
    request.stopTimer()
    this.#silent.delete(request.peer)
    this.#endRest(request.peer)
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    this.receivedBytes += bytes
    this.#answers.push({
      peer: request.peer,
      asked: request.asked,
      parts,
      bytes,
      elapsedMs: this.#options.clock.now() - request.sentAt,
      settle: () => this.#end(request, scheduler),
    })
    this.#options.onChange()
  }

  /** The peer has gone, broke the protocol (which the network has judged), or takes no more requests: the gaps are free again. */
  #refuse(request: Request, scheduler: Scheduler): void {
    // Asked again at once, it would refuse at once, for ever: it rests until it answers something, or for a while.
    if (!this.#abort.signal.aborted && !this.#resting.has(request.peer)) this.#rest(request.peer)
    this.#end(request, scheduler)
  }

  #rest(peer: SyncPeer): void {
    const wake = () => {
      this.#resting.delete(peer)
      this.#options.onChange()
    }
    this.#resting.set(peer, this.#options.clock.after(REFUSAL_REST_MS, wake))
  }

  #endRest(peer: SyncPeer): void {
    this.#resting.get(peer)?.()
    this.#resting.delete(peer)
  }

  /** in flight → ended. A request ends once: a second end (an answer after its timeout) changes nothing. */
  #end(request: Request, scheduler: Scheduler): void {
    const requests = this.#open.get(request.peer)
    if (requests?.delete(request) !== true) return
    if (requests.size === 0) this.#open.delete(request.peer)
    request.stopTimer()
    if (request.asked.kind === 'nodes') scheduler.release(request.asked.gaps)
    else scheduler.codes.release(request.asked.codes)
    this.#options.onChange()
  }
}

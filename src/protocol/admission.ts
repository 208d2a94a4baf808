/**
 * Admission control shared by all responders of a server or a tab. Admits streams, gives turns to hosts and peers by
 * cost (`turns.ts`), and bounds the memory held for peers. A flood waits behind its own limits and takes no more than
 * an honest peer.
 *
 * The cost of a request counts the bytes of request and answer, and the reading time, measured during the reading
 * (`reading.ts`). A request with a full share gives its turn to waiting requests, and goes on in a later turn.
 */

import type { Clock } from '../runtime/clock.ts'
import { Deadline } from '../runtime/deadline.ts'
import { yieldThread } from '../runtime/yield-thread.ts'
import type { AdmittedStream, PendingRequest, ReadyAnswer, StreamOrigin } from './admitted-stream.ts'
import {
  LOOK_UP_COST_BYTES,
  REQUEST_COST_BYTES,
  REQUEST_MEMORY_FACTOR,
  THREAD_SLICE_COST_BYTES,
  TURN_COST_BYTES,
} from './constants.ts'
import { type RefusalCode, type RefusalError, refusal } from './error.ts'
import { type Holding, Holdings } from './holdings.ts'
import { HostAccount, PeerAccount } from './peer-account.ts'
import { Reading } from './reading.ts'
import type { ServingLimits } from './serving-limits.ts'
import { Turns } from './turns.ts'

/** The record of an admitted stream. */
interface StreamRecord {
  /** True until the stream ends. */
  isOpen: boolean
  readonly account: PeerAccount<QueuedRequest>
  readonly holdings: Set<Holding>
  readonly maxSendingBytes: number
  refuse(code: RefusalCode): void
}

/** A pending request, with its stream and its reading. */
interface QueuedRequest extends PendingRequest {
  readonly stream: StreamRecord
  readonly holding: Holding
  /** Undefined before the request has begun. */
  reading: Reading | undefined
}

export class Admission {
  readonly limits: ServingLimits
  readonly #clock: Clock
  readonly #leaveThread: () => Promise<void>
  readonly #hosts = new Map<string, HostAccount<QueuedRequest>>()
  readonly #accounts = new Map<string, PeerAccount<QueuedRequest>>()
  readonly #turns: Turns<QueuedRequest>
  readonly #held: Holdings
  /** Requests having a turn now. */
  readonly #reading = new Set<QueuedRequest>()
  #streams = 0
  #isCalling = false
  #cancelWait: (() => void) | undefined
  /** The cost, in bytes, since the thread was last left to everything else. */
  #sinceRest = 0
  #rest: Promise<void> | undefined

  /** Creates the admission control. `leaveThread` resolves when everything else waiting for the thread has run. */
  constructor(limits: ServingLimits, clock: Clock, leaveThread: () => Promise<void> = yieldThread) {
    this.limits = limits
    this.#clock = clock
    this.#leaveThread = leaveThread
    this.#turns = new Turns(limits)
    this.#held = new Holdings(limits.heldBytes)
  }

  /** Bytes held for all peers now. */
  get heldBytes(): number {
    return this.#held.bytes
  }

  /** Number of known peers: with open streams, or with costs not paid off yet. */
  get accounts(): number {
    return this.#accounts.size
  }

  /** Admits one more stream of a peer. Throws {@link RefusalError} `tooManyStreams`. */
  admit({ peerId, host: name = '', maxSendingBytes = Number.POSITIVE_INFINITY }: StreamOrigin): AdmittedStream {
    this.#forget()
    // A peer connecting from several hosts stays with the first.
    const known = this.#accounts.get(peerId)
    const host = known?.host ?? this.#hosts.get(name) ?? new HostAccount<QueuedRequest>(name, this.limits)
    const account = known ?? new PeerAccount(host, this.limits, this.#clock)
    const { streams, streamsPerHost, streamsPerPeer } = this.limits
    if (this.#streams >= streams || host.streams >= streamsPerHost || account.streams >= streamsPerPeer) {
      throw refusal('tooManyStreams')
    }
    this.#hosts.set(host.name, host)
    this.#accounts.set(peerId, account)
    this.#streams++
    host.streams++
    account.streams++
    return this.#admitted(account, maxSendingBytes)
  }

  #admitted(account: PeerAccount<QueuedRequest>, maxSendingBytes: number): AdmittedStream {
    let end: (error: RefusalError) => void = () => {}
    const stream: StreamRecord = {
      isOpen: true,
      account,
      holdings: new Set(),
      maxSendingBytes,
      refuse: (code) => end(refusal(code)),
    }
    const message = this.#holding(stream)
    return {
      limits: this.limits,
      begin: (by) => {
        end = by
      },
      ask: (request) => this.#enqueue(request, stream),
      receiving: (bytes) => this.#resize(message, stream, bytes),
      charge: (bytes) => {
        account.take(0, bytes)
        account.charge(bytes)
      },
      end: () => {
        if (stream.isOpen) this.#end(stream)
      },
    }
  }

  #end(stream: StreamRecord): void {
    const { account } = stream
    stream.isOpen = false
    this.#streams--
    account.host.streams--
    account.streams--
    const begun = account.queue.drop((waiting) => waiting.stream === stream)
    this.#turns.leave(account)
    for (const holding of stream.holdings) this.#release(holding, stream)
    // A suspended reading must go on in order to notice the end of its stream.
    for (const waiting of begun) this.#goOn(waiting)
    this.#callNext()
  }

  /** Deletes settled accounts only: a peer coming back too soon finds its old account. */
  #forget(): void {
    for (const [peerId, account] of this.#accounts) if (account.isSettled) this.#accounts.delete(peerId)
    const owing = new Set([...this.#accounts.values()].map(({ host }) => host))
    for (const [name, host] of this.#hosts) {
      if (!owing.has(host) && host.streams === 0 && !this.#turns.owes(host)) this.#hosts.delete(name)
    }
  }

  #enqueue(request: PendingRequest, stream: StreamRecord): void {
    const { account } = stream
    const holding = this.#holding(stream)
    this.#turns.enter(account)
    account.queue.push({
      bytes: request.bytes,
      items: request.items,
      isBulk: request.isBulk,
      serve: (work) => request.serve(work),
      stream,
      holding,
      reading: undefined,
    })
    this.#hold(holding, stream, request.bytes * REQUEST_MEMORY_FACTOR)
    this.#callNext()
  }

  /** Begins or continues as many requests as may be read now. */
  #callNext(): void {
    if (this.#isCalling) return
    this.#isCalling = true
    this.#cancelWait?.()
    this.#cancelWait = undefined
    while (this.#rest === undefined && this.#reading.size < this.limits.readAtOnce) {
      const turn = this.#turns.next()
      const waiting = turn?.account.queue.take(turn.mayBegin)
      if (waiting === undefined) break
      this.#turns.leave(waiting.stream.account)
      if (waiting.reading === undefined) this.#begin(waiting)
      else this.#goOn(waiting)
    }
    const { soonestMs } = this.#turns
    if (this.#reading.size < this.limits.readAtOnce && !this.#turns.isEmpty && soonestMs < Number.POSITIVE_INFINITY) {
      this.#cancelWait = this.#clock.after(soonestMs, () => this.#callNext())
    }
    this.#isCalling = false
  }

  #begin(waiting: QueuedRequest): void {
    const { account } = waiting.stream
    account.take(1, waiting.bytes)
    this.#charge(account, REQUEST_COST_BYTES + waiting.bytes + waiting.items * LOOK_UP_COST_BYTES)
    this.#reading.add(waiting)
    account.serving++
    account.host.reading++
    waiting.reading = new Reading(this.#clock, {
      charge: (cost) => this.#charge(account, cost),
      isWanted: () => waiting.stream.isOpen,
      othersWait: () => !this.#turns.isEmpty,
      isAhead: () => this.#isAhead(account),
      rest: () => this.#rest,
      leaveThread: this.#leaveThread,
      wait: () => this.#putBack(waiting),
    })
    void this.#serve(waiting, waiting.reading)
  }

  /** waiting → reading */
  #goOn(waiting: QueuedRequest): void {
    this.#reading.add(waiting)
    waiting.reading?.goOn()
  }

  /** reading → waiting */
  #putBack(waiting: QueuedRequest): void {
    const { account } = waiting.stream
    this.#reading.delete(waiting)
    this.#turns.enter(account)
    account.queue.putBack(waiting)
    this.#callNext()
  }

  /** Never rejects. */
  async #serve(waiting: QueuedRequest, reading: Reading): Promise<void> {
    const { stream, holding } = waiting
    const { account } = stream
    const answer = await waiting.serve(reading)
    reading.charge()
    // Sending takes the thread as well.
    if (answer !== undefined) await reading.stepBack()
    this.#reading.delete(waiting)
    account.host.reading--
    this.#release(holding, stream)
    if (answer !== undefined) await this.#deliver(answer, stream)
    account.serving--
    this.#callNext()
  }

  /** True if `account`, or its host, leads another one having a turn now by more than {@link TURN_COST_BYTES}. */
  #isAhead(account: PeerAccount<QueuedRequest>): boolean {
    for (const { stream } of this.#reading) {
      const other = stream.account
      const isSameHost = other.host === account.host
      const lead = isSameHost ? account.turn - other.turn : account.host.turn - other.host.turn
      if (lead > TURN_COST_BYTES) return true
    }
    return false
  }

  /** Sends the answer. Resolves when the peer has taken the answer, or the stream has ended. */
  async #deliver(answer: ReadyAnswer, stream: StreamRecord): Promise<void> {
    const { account, maxSendingBytes } = stream
    account.take(0, answer.bytes)
    this.#charge(account, answer.bytes)
    const holding = this.#holding(stream)
    this.#hold(holding, stream, answer.bytes)
    const sent = account.sending.send(answer.bytes, maxSendingBytes, () => this.#send(answer, stream))
    this.#callNext()
    await sent
    this.#release(holding, stream)
  }

  async #send(answer: ReadyAnswer, stream: StreamRecord): Promise<void> {
    const deadline = new Deadline(this.#clock, this.limits.sendingMs, () => stream.refuse('slowReader'))
    deadline.start()
    await answer.send()
    deadline.stop()
  }

  /**
   * Charges `cost` to the peer and to the thread. After each slice, everything else has the thread and nothing is read
   * meanwhile.
   */
  #charge(account: PeerAccount<QueuedRequest>, cost: number): void {
    account.charge(cost)
    this.#sinceRest += cost
    if (this.#sinceRest < THREAD_SLICE_COST_BYTES || this.#rest !== undefined) return
    this.#rest = this.#leaveThread().then(() => {
      this.#sinceRest = 0
      this.#rest = undefined
      this.#callNext()
    })
  }

  #holding(stream: StreamRecord): Holding {
    return { evict: () => stream.refuse('overloaded') }
  }

  #hold(holding: Holding, stream: StreamRecord, bytes: number): void {
    if (!stream.isOpen) return
    stream.holdings.add(holding)
    stream.account.host.held.hold(holding, bytes)
    // The host's limit may have evicted the holding already.
    if (stream.holdings.has(holding)) this.#held.hold(holding, bytes)
  }

  /** Sets the size of a holding; its age stays. */
  #resize(holding: Holding, stream: StreamRecord, bytes: number): void {
    if (bytes === 0) this.#release(holding, stream)
    else if (!stream.holdings.has(holding)) this.#hold(holding, stream, bytes)
    else {
      stream.account.host.held.resize(holding, bytes)
      if (stream.holdings.has(holding)) this.#held.resize(holding, bytes)
    }
  }

  #release(holding: Holding, stream: StreamRecord): void {
    stream.holdings.delete(holding)
    stream.account.host.held.release(holding)
    this.#held.release(holding)
  }
}

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
import type { Work } from '../trie/node-source.ts'
import {
  LOOK_UP_COST_BYTES,
  REQUEST_COST_BYTES,
  REQUEST_MEMORY_FACTOR,
  THREAD_SLICE_COST_BYTES,
  TURN_COST_BYTES,
} from './constants.ts'
import { type RefusalCode, RefusalError } from './error.ts'
import { type Holding, Holdings } from './holdings.ts'
import { HostAccount, PeerAccount } from './peer-account.ts'
import { Reading } from './reading.ts'
import type { ServingLimits } from './serving-limits.ts'
import { Turns } from './turns.ts'

/** A request pending until its turn. */
export interface Errand {
  /** Bytes of the request's frame. */
  readonly bytes: number
  /** Refs or hashes. */
  readonly items: number
  /** True for a sync's requests. All other requests of the peer go ahead. */
  readonly isBulk: boolean
  /**
   * Reads the answer, and reports the reading to `work`. Resolves with undefined if the stream has ended meanwhile.
   * Never rejects.
   */
  serve(work: Work): Promise<ReadyAnswer | undefined>
}

/** An answer read from the source, ready to be sent. */
export interface ReadyAnswer {
  readonly bytes: number
  /** Sends the answer. Resolves when the transport has taken the answer, or the stream has ended. Never rejects. */
  send(): Promise<void>
}

/** The admission of one stream. */
export interface Seat {
  readonly limits: ServingLimits
  /** Takes the function ending the stream; `end` must call {@link leave}. Called once, before {@link ask}. */
  occupy(end: (error: RefusalError) => void): void
  ask(errand: Errand): void
  /** Reports the bytes kept of an incomplete message. 0: no message has begun. */
  receiving(bytes: number): void
  /** Counts received bytes outside of requests towards the peer's rate and turn. */
  charge(bytes: number): void
  /** Reports the end of the stream. Drops its pending requests. May be called twice. */
  leave(): void
}

/** The doorkeeper's record of an admitted stream. */
interface Visit {
  /** True until the stream ends. */
  isHere: boolean
  readonly account: PeerAccount<Waiting>
  readonly holdings: Set<Holding>
  readonly maxSendingBytes: number
  refuse(code: RefusalCode): void
}

interface Waiting extends Errand {
  readonly visit: Visit
  readonly holding: Holding
  /** Undefined before the request has begun. */
  reading: Reading | undefined
}

/** The peer behind a stream, and the capacity of its connection. */
export interface Visitor {
  readonly peerId: string
  /** Peers of one host share the host's turns. Left out: all peers without a known host count as one host. */
  readonly host?: string
  /** Bytes that the connection should carry at a time; a single answer may always go. Left out: no limit. */
  readonly maxSendingBytes?: number
}

const REFUSALS: Readonly<Record<RefusalCode, string>> = {
  tooManyStreams: 'as many streams are open as may be',
  noStatus: 'no Status in time',
  slowMessage: 'a message was begun and not finished in time',
  slowReader: 'an answer was not taken in time',
  overloaded: 'too much is held, and this is the oldest',
}

/** Returns the error for ending a stream by our own limits. */
export function refusal(code: RefusalCode): RefusalError {
  return new RefusalError(code, REFUSALS[code])
}

export class Doorkeeper {
  readonly limits: ServingLimits
  readonly #clock: Clock
  readonly #leaveThread: () => Promise<void>
  readonly #hosts = new Map<string, HostAccount<Waiting>>()
  readonly #accounts = new Map<string, PeerAccount<Waiting>>()
  readonly #turns: Turns<Waiting>
  readonly #held: Holdings
  /** Requests having a turn now. */
  readonly #reading = new Set<Waiting>()
  #streams = 0
  #isCalling = false
  #cancelWait: (() => void) | undefined
  /** The cost, in bytes, since the thread was last left to everything else. */
  #sinceRest = 0
  #rest: Promise<void> | undefined

  /** Creates a doorkeeper. `leaveThread` resolves when everything else waiting for the thread has run. */
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
  admit({ peerId, host: name = '', maxSendingBytes = Number.POSITIVE_INFINITY }: Visitor): Seat {
    this.#forget()
    // A peer connecting from several hosts stays with the first.
    const known = this.#accounts.get(peerId)
    const host = known?.host ?? this.#hosts.get(name) ?? new HostAccount<Waiting>(name, this.limits)
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
    return this.#seat(account, maxSendingBytes)
  }

  #seat(account: PeerAccount<Waiting>, maxSendingBytes: number): Seat {
    let end: (error: RefusalError) => void = () => {}
    const visit: Visit = {
      isHere: true,
      account,
      holdings: new Set(),
      maxSendingBytes,
      refuse: (code) => end(refusal(code)),
    }
    const message = this.#holding(visit)
    return {
      limits: this.limits,
      occupy: (by) => {
        end = by
      },
      ask: (errand) => this.#enqueue(errand, visit),
      receiving: (bytes) => this.#resize(message, visit, bytes),
      charge: (bytes) => {
        account.take(0, bytes)
        account.charge(bytes)
      },
      leave: () => {
        if (visit.isHere) this.#bidFarewell(visit)
      },
    }
  }

  #bidFarewell(visit: Visit): void {
    const { account } = visit
    visit.isHere = false
    this.#streams--
    account.host.streams--
    account.streams--
    const begun = account.queue.drop((waiting) => waiting.visit === visit)
    this.#turns.leave(account)
    for (const holding of visit.holdings) this.#release(holding, visit)
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

  #enqueue(errand: Errand, visit: Visit): void {
    const { account } = visit
    const holding = this.#holding(visit)
    this.#turns.enter(account)
    account.queue.push({
      bytes: errand.bytes,
      items: errand.items,
      isBulk: errand.isBulk,
      serve: (work) => errand.serve(work),
      visit,
      holding,
      reading: undefined,
    })
    this.#hold(holding, visit, errand.bytes * REQUEST_MEMORY_FACTOR)
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
      this.#turns.leave(waiting.visit.account)
      if (waiting.reading === undefined) this.#begin(waiting)
      else this.#goOn(waiting)
    }
    const { soonestMs } = this.#turns
    if (this.#reading.size < this.limits.readAtOnce && !this.#turns.isEmpty && soonestMs < Number.POSITIVE_INFINITY) {
      this.#cancelWait = this.#clock.after(soonestMs, () => this.#callNext())
    }
    this.#isCalling = false
  }

  #begin(waiting: Waiting): void {
    const { account } = waiting.visit
    account.take(1, waiting.bytes)
    this.#charge(account, REQUEST_COST_BYTES + waiting.bytes + waiting.items * LOOK_UP_COST_BYTES)
    this.#reading.add(waiting)
    account.serving++
    account.host.reading++
    waiting.reading = new Reading(this.#clock, {
      charge: (cost) => this.#charge(account, cost),
      isWanted: () => waiting.visit.isHere,
      othersWait: () => !this.#turns.isEmpty,
      isAhead: () => this.#isAhead(account),
      rest: () => this.#rest,
      leaveThread: this.#leaveThread,
      wait: () => this.#putBack(waiting),
    })
    void this.#serve(waiting, waiting.reading)
  }

  /** waiting → reading */
  #goOn(waiting: Waiting): void {
    this.#reading.add(waiting)
    waiting.reading?.goOn()
  }

  /** reading → waiting */
  #putBack(waiting: Waiting): void {
    const { account } = waiting.visit
    this.#reading.delete(waiting)
    this.#turns.enter(account)
    account.queue.putBack(waiting)
    this.#callNext()
  }

  /** Never rejects. */
  async #serve(waiting: Waiting, reading: Reading): Promise<void> {
    const { visit, holding } = waiting
    const { account } = visit
    const answer = await waiting.serve(reading)
    reading.charge()
    // Sending takes the thread as well.
    if (answer !== undefined) await reading.stepBack()
    this.#reading.delete(waiting)
    account.host.reading--
    this.#release(holding, visit)
    if (answer !== undefined) await this.#deliver(answer, visit)
    account.serving--
    this.#callNext()
  }

  /** True if `account`, or its host, leads another one having a turn now by more than {@link TURN_COST_BYTES}. */
  #isAhead(account: PeerAccount<Waiting>): boolean {
    for (const { visit } of this.#reading) {
      const other = visit.account
      const isSameHost = other.host === account.host
      const lead = isSameHost ? account.turn - other.turn : account.host.turn - other.host.turn
      if (lead > TURN_COST_BYTES) return true
    }
    return false
  }

  /** Sends the answer. Resolves when the peer has taken the answer, or the stream has ended. */
  async #deliver(answer: ReadyAnswer, visit: Visit): Promise<void> {
    const { account, maxSendingBytes } = visit
    account.take(0, answer.bytes)
    this.#charge(account, answer.bytes)
    const holding = this.#holding(visit)
    this.#hold(holding, visit, answer.bytes)
    const sent = account.sending.send(answer.bytes, maxSendingBytes, () => this.#send(answer, visit))
    this.#callNext()
    await sent
    this.#release(holding, visit)
  }

  async #send(answer: ReadyAnswer, visit: Visit): Promise<void> {
    const deadline = new Deadline(this.#clock, this.limits.sendingMs, () => visit.refuse('slowReader'))
    deadline.start()
    await answer.send()
    deadline.stop()
  }

  /**
   * Charges `cost` to the peer and to the thread. After each slice, everything else has the thread and nothing is read
   * meanwhile.
   */
  #charge(account: PeerAccount<Waiting>, cost: number): void {
    account.charge(cost)
    this.#sinceRest += cost
    if (this.#sinceRest < THREAD_SLICE_COST_BYTES || this.#rest !== undefined) return
    this.#rest = this.#leaveThread().then(() => {
      this.#sinceRest = 0
      this.#rest = undefined
      this.#callNext()
    })
  }

  #holding(visit: Visit): Holding {
    return { evict: () => visit.refuse('overloaded') }
  }

  #hold(holding: Holding, visit: Visit, bytes: number): void {
    if (!visit.isHere) return
    visit.holdings.add(holding)
    visit.account.host.held.hold(holding, bytes)
    // The host's limit may have evicted the holding already.
    if (visit.holdings.has(holding)) this.#held.hold(holding, bytes)
  }

  /** Sets the size of a holding; its age stays. */
  #resize(holding: Holding, visit: Visit, bytes: number): void {
    if (bytes === 0) this.#release(holding, visit)
    else if (!visit.holdings.has(holding)) this.#hold(holding, visit, bytes)
    else {
      visit.account.host.held.resize(holding, bytes)
      if (visit.holdings.has(holding)) this.#held.resize(holding, bytes)
    }
  }

  #release(holding: Holding, visit: Visit): void {
    visit.holdings.delete(holding)
    visit.account.host.held.release(holding)
    this.#held.release(holding)
  }
}

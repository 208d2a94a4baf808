/**
 * One for all responders of a server or a tab: lets streams in, gives peers their turns, and knows what is held for them.
 * A flood from one peer waits behind its own limits, and takes no more turns than anybody else.
 *
 * Peers take turns by what they cost (start-time fair queueing): the next request is of the peer, of those that may have
 * one now, whose earlier ones came to the least. A peer that comes to the queue begins with the turn of those in it:
 * silence saves up nothing. Which of its requests a turn serves is up to its own queue (`request-queue.ts`).
 */

import { Deadline } from '../runtime/deadline.ts'
import type { Clock } from './clock.ts'
import { LOOK_UP_COST_BYTES, REQUEST_MEMORY_FACTOR } from './constants.ts'
import { type RefusalCode, RefusalError } from './error.ts'
import { type Holding, Holdings } from './holdings.ts'
import { PeerAccount } from './peer-account.ts'
import type { ServingLimits } from './serving-limits.ts'

/** A request that waits for its turn. */
export interface Errand {
  /** Of its frame. */
  readonly bytes: number
  /** Refs or hashes. */
  readonly items: number
  /** It belongs to a sync: what else its peer asks for goes ahead of it. */
  readonly isBulk: boolean
  /** Reads the answer; undefined: nobody waits for it any more. Never rejects. */
  serve(): Promise<ReadyAnswer | undefined>
}

/** An answer that was read. */
export interface ReadyAnswer {
  readonly bytes: number
  /** Resolves when the transport has taken it, or the stream has ended. Never rejects. */
  send(): Promise<void>
}

/** The place of one stream. */
export interface Seat {
  readonly limits: ServingLimits
  /** Says how the stream is ended if it has to be; {@link leave} is called in there. Called once, before {@link ask}. */
  occupy(end: (error: RefusalError) => void): void
  ask(errand: Errand): void
  /** The stream has ended: what waits is dropped. May be called twice. */
  leave(): void
}

/** What a seat has in the books. */
interface Visit {
  readonly account: PeerAccount<Waiting>
  readonly holdings: Set<Holding>
  readonly maxSendingBytes: number
  refuse(code: RefusalCode): void
}

interface Waiting extends Errand {
  readonly visit: Visit
  readonly holding: Holding
}

const REFUSALS: Readonly<Record<RefusalCode, string>> = {
  tooManyStreams: 'as many streams are open as may be',
  noStatus: 'no Status in time',
  slowMessage: 'a message was begun and not finished in time',
  slowReader: 'an answer was not taken in time',
  overloaded: 'too much is held, and this is the oldest',
}

/** What a responder ends a stream with. */
export function refusal(code: RefusalCode): RefusalError {
  return new RefusalError(code, REFUSALS[code])
}

export class Doorkeeper {
  readonly limits: ServingLimits
  readonly #clock: Clock
  readonly #accounts = new Map<string, PeerAccount<Waiting>>()
  /** Those with requests that nobody serves yet. */
  readonly #queued = new Set<PeerAccount<Waiting>>()
  readonly #held: Holdings
  #streams = 0
  #reading = 0
  /** The turn of the request that was begun last. */
  #turn = 0
  #isCalling = false
  #cancelWait: (() => void) | undefined

  constructor(limits: ServingLimits, clock: Clock) {
    this.limits = limits
    this.#clock = clock
    this.#held = new Holdings(limits.heldBytes)
  }

  /** Bytes that are held for all peers now. */
  get heldBytes(): number {
    return this.#held.bytes
  }

  /** Peers in the books: those that are here, and those that owe something from before. */
  get accounts(): number {
    return this.#accounts.size
  }

  /**
   * A seat for a further stream of a peer, whose connection should carry no more than `maxSendingBytes` at a time: a
   * single answer always may go. Throws {@link RefusalError} `tooManyStreams`.
   */
  admit(peerId: string, maxSendingBytes = Number.POSITIVE_INFINITY): Seat {
    this.#forget()
    const account = this.#accounts.get(peerId) ?? new PeerAccount<Waiting>(this.limits, this.#clock)
    if (this.#streams >= this.limits.streams || account.streams >= this.limits.streamsPerPeer) {
      throw refusal('tooManyStreams')
    }
    this.#accounts.set(peerId, account)
    this.#streams++
    account.streams++
    return this.#seat(account, maxSendingBytes)
  }

  #seat(account: PeerAccount<Waiting>, maxSendingBytes: number): Seat {
    let end: (error: RefusalError) => void = () => {}
    let isHere = true
    const visit: Visit = {
      account,
      holdings: new Set(),
      maxSendingBytes,
      refuse: (code) => end(refusal(code)),
    }
    return {
      limits: this.limits,
      occupy: (by) => {
        end = by
      },
      ask: (errand) => this.#enqueue(errand, visit),
      leave: () => {
        if (isHere) this.#bidFarewell(visit)
        isHere = false
      },
    }
  }

  #bidFarewell(visit: Visit): void {
    const { account } = visit
    this.#streams--
    account.streams--
    account.queue.drop((waiting) => waiting.visit === visit)
    if (account.queue.isEmpty) this.#queued.delete(account)
    for (const holding of visit.holdings) this.#held.release(holding)
    this.#callNext()
  }

  /** Who comes back too soon finds the account as it was. */
  #forget(): void {
    for (const [peerId, account] of this.#accounts) if (account.isSettled) this.#accounts.delete(peerId)
  }

  #enqueue(errand: Errand, visit: Visit): void {
    const { account } = visit
    const holding = this.#holding(errand.bytes * REQUEST_MEMORY_FACTOR, visit)
    if (account.queue.isEmpty) account.turn = Math.max(account.turn, this.#turn)
    account.queue.push({
      bytes: errand.bytes,
      items: errand.items,
      isBulk: errand.isBulk,
      serve: () => errand.serve(),
      visit,
      holding,
    })
    this.#queued.add(account)
    this.#hold(holding, visit)
    this.#callNext()
  }

  /** Begins with as many requests as may be read now. */
  #callNext(): void {
    if (this.#isCalling) return
    this.#isCalling = true
    this.#cancelWait?.()
    this.#cancelWait = undefined
    while (this.#reading < this.limits.readAtOnce) {
      const account = this.#whoseTurn()
      if (account === undefined) break
      this.#begin(account)
    }
    this.#isCalling = false
  }

  /** Undefined: nobody may have a turn now; if time alone brings one, a timer is set. */
  #whoseTurn(): PeerAccount<Waiting> | undefined {
    let next: PeerAccount<Waiting> | undefined
    let soonestMs = Number.POSITIVE_INFINITY
    for (const account of this.#queued) {
      if (account.serving >= this.limits.servedAtOnce) continue
      const waitMs = account.waitMs()
      if (waitMs > 0) soonestMs = Math.min(soonestMs, waitMs)
      else if (next === undefined || account.turn < next.turn) next = account
    }
    if (next === undefined && soonestMs < Number.POSITIVE_INFINITY) {
      this.#cancelWait = this.#clock.after(soonestMs, () => this.#callNext())
    }
    return next
  }

  #begin(account: PeerAccount<Waiting>): void {
    const waiting = account.queue.take()
    if (waiting === undefined) return
    if (account.queue.isEmpty) this.#queued.delete(account)
    this.#turn = account.turn
    account.charge(1, waiting.bytes)
    account.turn += waiting.items * LOOK_UP_COST_BYTES
    account.serving++
    this.#reading++
    void this.#serve(waiting)
  }

  /** Never rejects. */
  async #serve({ visit, holding, ...errand }: Waiting): Promise<void> {
    const answer = await errand.serve()
    this.#reading--
    this.#release(holding, visit)
    if (answer !== undefined) await this.#deliver(answer, visit)
    visit.account.serving--
    this.#callNext()
  }

  /** Resolves when the peer has taken the answer, or has been given up. */
  async #deliver(answer: ReadyAnswer, visit: Visit): Promise<void> {
    const { account, maxSendingBytes } = visit
    account.charge(0, answer.bytes)
    const holding = this.#holding(answer.bytes, visit)
    this.#hold(holding, visit)
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

  #holding(bytes: number, visit: Visit): Holding {
    return { bytes, evict: () => visit.refuse('overloaded') }
  }

  #hold(holding: Holding, visit: Visit): void {
    visit.holdings.add(holding)
    this.#held.hold(holding)
  }

  #release(holding: Holding, visit: Visit): void {
    visit.holdings.delete(holding)
    this.#held.release(holding)
  }
}

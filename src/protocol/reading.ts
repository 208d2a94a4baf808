/**
 * The reading of one answer: measures what it costs as it goes on, and gives its turn to others when it has had its share.
 *
 * Arrows: `reading → waiting → reading → finished`.
 */
import type { Work } from '../trie/node-source.ts'
import type { Clock } from './clock.ts'
import { MAX_STEPS_BACK, THREAD_COST_BYTES_PER_MS, TURN_COST_BYTES } from './constants.ts'

/** What a reading asks of whoever gives turns. */
export interface ReadingHost {
  /** So much more was done for it, in bytes. */
  charge(cost: number): void
  /** False: nobody waits for the answer any more. */
  isWanted(): boolean
  /** True if others would have the turn. */
  othersWait(): boolean
  /** True if it has had more than others that are being read. */
  isAhead(): boolean
  /** Pending while the thread is left to everything else. */
  rest(): Promise<void> | undefined
  /** Leaves the thread to everything else. */
  leaveThread(): Promise<void>
  /** It waits from now on, until {@link Reading.goOn}. */
  wait(): void
}

export class Reading implements Work {
  readonly #clock: Clock
  readonly #host: ReadingHost
  /** Not charged yet, in milliseconds. */
  #spentMs = 0
  /** Of this turn, in bytes. */
  #cost = 0
  #resume: (() => void) | undefined

  constructor(clock: Clock, host: ReadingHost) {
    this.#clock = clock
    this.#host = host
  }

  do<T>(piece: () => T): T {
    const startedAtMs = this.#clock.now()
    try {
      return piece()
    } finally {
      this.#spentMs += this.#clock.now() - startedAtMs
    }
  }

  async pause(): Promise<void> {
    const host = this.#host
    this.charge()
    if (!host.isWanted()) throw new Error('nobody waits for it any more')
    if (this.#cost >= TURN_COST_BYTES && host.othersWait()) await this.#wait()
    else await host.rest()
    await this.stepBack()
    if (!host.isWanted()) throw new Error('nobody waits for it any more')
  }

  /** Lets those that have had less go on first. They may be waiting for a disk: not for longer than a moment. */
  async stepBack(): Promise<void> {
    for (let step = 0; step < MAX_STEPS_BACK && this.#host.isAhead(); step++) await this.#host.leaveThread()
  }

  /** Charges what was done since the last time. */
  charge(): void {
    const cost = Math.ceil(this.#spentMs * THREAD_COST_BYTES_PER_MS)
    this.#spentMs = 0
    this.#cost += cost
    if (cost > 0) this.#host.charge(cost)
  }

  /** Has its turn again, or is to end. */
  goOn(): void {
    const resume = this.#resume
    this.#resume = undefined
    this.#cost = 0
    resume?.()
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve
      this.#host.wait()
    })
  }
}

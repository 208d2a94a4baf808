/**
 * Reads one answer in turns: measures the cost during the reading, and gives the turn to other requests after a full
 * share.
 *
 * Arrows: `reading → waiting → reading → finished`.
 */

import type { Clock } from '../runtime/clock.ts'
import type { Work } from '../trie/node-source.ts'
import { MAX_STEPS_BACK, THREAD_COST_BYTES_PER_MS, TURN_COST_BYTES } from './constants.ts'

/** The admission's side of a reading. */
export interface ReadingHost {
  /** Counts more work for this reading, in bytes. */
  charge(cost: number): void
  /** False once the peer has left and no longer wants the answer. */
  isWanted(): boolean
  /** True if other requests wait for a turn. */
  othersWait(): boolean
  /** True if this reading has had more than another one with a turn now. */
  isAhead(): boolean
  /** Pending while everything else has the thread. */
  rest(): Promise<void> | undefined
  /** Leaves the thread to everything else. */
  leaveThread(): Promise<void>
  /** Suspends the reading until {@link Reading.goOn}. */
  wait(): void
}

export class Reading implements Work {
  readonly #clock: Clock
  readonly #host: ReadingHost
  /** Time not charged yet, in milliseconds. */
  #spentMs = 0
  /** Cost of this turn, in bytes. */
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

  /** Lets readings with a smaller cost go first. They may be waiting for a disk, so the number of steps is bounded. */
  async stepBack(): Promise<void> {
    for (let step = 0; step < MAX_STEPS_BACK && this.#host.isAhead(); step++) await this.#host.leaveThread()
  }

  /** Charges the time since the last charge. */
  charge(): void {
    const cost = Math.ceil(this.#spentMs * THREAD_COST_BYTES_PER_MS)
    this.#spentMs = 0
    this.#cost += cost
    if (cost > 0) this.#host.charge(cost)
  }

  /** Resumes a suspended reading: for a new turn, or to end after the peer has left. */
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

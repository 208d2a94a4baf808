/** A few workers for calls. Workers are started on demand, used again, and ended after some time without a call. */
import type { Clock } from '../runtime/clock.ts'
import type { CallResult, CallState } from '../wallet/provider/types.ts'
import { IDLE_MS, MAX_WORKERS } from './constants.ts'
import { callAborted } from './errors.ts'
import { EvmWorker, type RunLimits } from './evm-worker.ts'
import type { Job } from './messages.ts'
import { unlessAborted } from './unless-aborted.ts'

/** The error of a failed start of a worker, with the reason as its cause. The call has not begun. */
export class NoWorker extends Error {}

export class WorkerPool {
  readonly #open: () => Worker
  readonly #clock: Clock
  #idle: EvmWorker[] = []
  /** The number of starting, running and idle workers. */
  #count = 0
  /**
   * The calls waiting for a worker, the oldest first. Each is handed a free worker, or `null`: the place of one that is
   * gone. A call arriving later cannot take either.
   */
  readonly #queue: ((worker: EvmWorker | null) => void)[] = []
  #stopIdling = () => {}

  constructor(open: () => Worker, clock: Clock) {
    this.#open = open
    this.#clock = clock
  }

  /**
   * Runs a call on a free worker. Rejects with `NoWorker`, with `CallError`, or with the error of a read of `state`.
   */
  async run(job: Job, state: CallState, limits: RunLimits): Promise<CallResult | bigint> {
    const { signal } = limits
    const taking = this.#take()
    const worker = await unlessAborted(signal, () => taking).catch((error) => {
      taking.then((taken) => this.#release(taken)).catch(() => {})
      throw error
    })
    try {
      if (signal?.aborted === true) throw callAborted(signal)
      return await worker.run(job, state, limits)
    } finally {
      this.#release(worker)
    }
  }

  async #take(): Promise<EvmWorker> {
    this.#stopIdling()
    if (this.#idle.length === 0 && this.#count === MAX_WORKERS) {
      const handed = await new Promise<EvmWorker | null>((resolve) => this.#queue.push(resolve))
      return handed === null || handed.isGone ? this.#startWorker() : handed
    }
    while (this.#idle.length > 0) {
      const idle = this.#idle.pop()!
      if (!idle.isGone) return idle
      this.#count-- // the worker ended while idle
    }
    this.#count++
    return this.#startWorker()
  }

  /** Starts a worker in a place counted already. */
  async #startWorker(): Promise<EvmWorker> {
    try {
      return await EvmWorker.start(this.#open, this.#clock)
    } catch (cause) {
      this.#freePlace()
      throw new NoWorker('no worker can be had', { cause })
    }
  }

  #release(worker: EvmWorker): void {
    if (worker.isGone) this.#freePlace()
    else {
      const next = this.#queue.shift()
      if (next === undefined) this.#idle.push(worker)
      else next(worker)
    }
    this.#stopIdling()
    this.#stopIdling = this.#clock.after(IDLE_MS, () => this.#endIdle())
  }

  #freePlace(): void {
    const next = this.#queue.shift()
    if (next === undefined) this.#count--
    else next(null)
  }

  #endIdle(): void {
    for (const worker of this.#idle) worker.end()
    this.#count -= this.#idle.length
    this.#idle = []
  }
}

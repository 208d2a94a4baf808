/**
 * Lets the window do other work during a call on its thread, and ends a call running for too long. Only needed without
 * a worker: a worker is simply terminated.
 */
import type { EVMOpts } from '@ethereumjs/evm'
import type { ErrorDetails } from '../runtime/error.ts'
import { yieldThread } from '../runtime/yield-thread.ts'
import type { CallState } from '../wallet/provider/types.ts'
import { SLICE_MS, STOPS_BETWEEN_LOOKS } from './constants.ts'
import { callAborted, callTimeout } from './errors.ts'
import { unlessAborted } from './unless-aborted.ts'

type CustomOpcode = NonNullable<EVMOpts['customOpcodes']>[number]

export interface PaceOptions {
  readonly limitMs: number
  /** Details for the errors: the reason for running on this thread. */
  readonly details?: ErrorDetails
  readonly signal?: AbortSignal | undefined
  /** Returns milliseconds from any origin. */
  readonly now?: () => number
  readonly yieldThread?: () => Promise<void>
}

export class Pacer {
  readonly #limitMs: number
  readonly #signal: AbortSignal | undefined
  readonly #details: ErrorDetails
  readonly #now: () => number
  readonly #yieldThread: () => Promise<void>
  #stops = 0
  #ranMs = 0
  #sliceStart: number

  constructor(options: PaceOptions) {
    this.#limitMs = options.limitMs
    this.#signal = options.signal
    this.#details = { thread: 'page', ...options.details }
    this.#now = options.now ?? (() => performance.now())
    this.#yieldThread = options.yieldThread ?? yieldThread
    this.#sliceStart = this.#now()
  }

  /** Marks a point where a call may stop, and yields by the clock. Rejects with `callAborted` or `callTimeout`. */
  async stop(): Promise<void> {
    if (++this.#stops % STOPS_BETWEEN_LOOKS === 0) await this.#look()
  }

  /** Waits for `read` or for the signal. The waiting time does not count as the call's own time. */
  async waitFor<T>(read: () => Promise<T>): Promise<T> {
    await this.#look()
    this.#ranMs += this.#now() - this.#sliceStart
    try {
      return await unlessAborted(this.#signal, read)
    } finally {
      this.#sliceStart = this.#now()
    }
  }

  async #look(): Promise<void> {
    const sliceMs = this.#now() - this.#sliceStart
    if (this.#signal?.aborted === true) throw callAborted(this.#signal)
    if (this.#ranMs + sliceMs > this.#limitMs) throw callTimeout(this.#limitMs, this.#details)
    if (sliceMs < SLICE_MS) return
    this.#ranMs += sliceMs
    await this.#yieldThread()
    this.#sliceStart = this.#now()
  }
}

/**
 * Returns a JUMPDEST stopping at the pacer: code running for long passes a JUMPDEST or makes a call. Listening to every
 * step of the EVM would copy the memory at every step.
 */
export function pacedJumpDestination(pacer: Pacer): CustomOpcode {
  return { opcode: 0x5b, opcodeName: 'JUMPDEST', baseFee: 1, logicFunction: () => pacer.stop() }
}

/** Returns the reads of `state`, during which the call's own time stands still. */
export function pacedReads(state: CallState, pacer: Pacer): CallState {
  return {
    account: (address) => pacer.waitFor(() => state.account(address)),
    storage: (address, slot) => pacer.waitFor(() => state.storage(address, slot)),
    code: (address) => pacer.waitFor(() => state.code(address)),
  }
}

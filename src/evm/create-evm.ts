/**
 * Runs calls in workers, or on this thread if no worker can be had. The EVM itself is loaded only on the thread running
 * a call.
 */
import { systemClock } from '../runtime/clock.ts'
import type { ErrorDetails } from '../runtime/error.ts'
import { LazyPart } from '../runtime/lazy-part.ts'
import { parsePositive } from '../wallet/number.ts'
import { checkType, fieldsOf } from '../wallet/plain.ts'
import type { CallOptions, CallResult, CallState, EvmModule } from '../wallet/provider/types.ts'
import { checkArguments } from './check-arguments.ts'
import { CALL_LIMIT_MS, RETRY_MS } from './constants.ts'
import { callAborted } from './errors.ts'
import type { Job } from './messages.ts'
import { openWorker } from './open-worker.ts'
import { NoWorker, WorkerPool } from './worker-pool.ts'

/** The options of {@link createEvm}. */
export interface EvmOptions {
  /**
   * Creates a dedicated worker of `rootlight/evm.worker.js`. Left out: bundlers find the script beside this module.
   * `null`: calls run on this thread and yield regularly.
   */
  readonly worker?: (() => Worker) | null
  /** How long a call may run, in milliseconds, without the time of its state reads. The default is 30,000. */
  readonly timeoutMs?: number
}

const onThread = new LazyPart('the EVM', () => import('./on-thread.ts'))

/**
 * Creates an EVM. Nothing is started or loaded before the first call. Throws `badArgument` or `badNumber` for invalid
 * options. A call rejects with one of `CallErrorCode`, with `loadFailed`, or with the error of a state read. For
 * invalid arguments, a call rejects with `badArgument` or `badNumber`.
 */
export function createEvm(options: EvmOptions = {}): EvmModule {
  const { worker, timeoutMs } = parseEvmOptions(options)
  const runner = new Runner(worker, timeoutMs)
  return {
    call: (state, block, request, options) =>
      runner.run({ method: 'call', block, request, options }, state, options) as Promise<CallResult>,
    estimateGas: (state, block, request, options) =>
      runner.run({ method: 'estimateGas', block, request, options }, state, options) as Promise<bigint>,
  }
}

function parseEvmOptions(options: unknown) {
  const { worker = openWorker, timeoutMs = CALL_LIMIT_MS } = fieldsOf('the options of createEvm', options, [
    ...(['worker', 'timeoutMs'] as const),
  ])
  if (worker !== null) checkType('worker', 'function', worker)
  return { worker: worker as (() => Worker) | null, timeoutMs: parsePositive('timeoutMs', timeoutMs) }
}

class Runner {
  readonly #pool: WorkerPool | null
  readonly #limitMs: number
  /** The time and the details of the last failed start of a worker; `null`: none failed. */
  #without: { readonly sinceMs: number; readonly details: ErrorDetails } | null = null

  constructor(open: (() => Worker) | null, limitMs: number) {
    this.#pool = open === null ? null : new WorkerPool(open, systemClock)
    this.#limitMs = limitMs
  }

  async run(job: Job, state: CallState, given: CallOptions): Promise<CallResult | bigint> {
    const { signal, ...checked } = checkArguments(state, { ...job, options: given })
    if (signal?.aborted === true) throw callAborted(signal)
    const limits = { limitMs: this.#limitMs, signal }
    const plain = { method: job.method, ...checked }
    if (this.#pool !== null && this.#mayHaveWorker()) {
      try {
        return await this.#pool.run(plain, state, limits)
      } catch (error) {
        if (!(error instanceof NoWorker)) throw error
        this.#without = { sinceMs: systemClock.now(), details: { noWorker: String(error.cause) } }
      }
    }
    const { runOnThread } = await onThread.load()
    return runOnThread(plain, state, limits, this.#without?.details ?? {})
  }

  #mayHaveWorker(): boolean {
    return this.#without === null || systemClock.now() - this.#without.sinceMs >= RETRY_MS
  }
}

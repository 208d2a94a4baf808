/**
 * The window's side of a worker running calls, one at a time. Every call ends in bounded time: if a call does not end
 * by itself, the worker is terminated.
 */
import type { Clock } from '../runtime/clock.ts'
import { startDeadline } from '../runtime/deadline.ts'
import type { CallResult, CallState } from '../wallet/provider/types.ts'
import { ENDING_LIMIT_MS, NOBODY, START_LIMIT_MS } from './constants.ts'
import { CallError, callAborted, callTimeout } from './errors.ts'
import { KeptReads } from './kept-reads.ts'
import type { FromWorker, Job, Read, ReadValue, ToWorker } from './messages.ts'
import { WorkLimit } from './work-limit.ts'

export interface RunLimits {
  readonly limitMs: number
  readonly signal?: AbortSignal | undefined
}

/** The call running in a worker. */
interface Running {
  readonly job: number
  readonly reads: CallState
  readonly limit: WorkLimit
  /** The number of reads the worker waits for. */
  waiting: number
  /** The first failure of a read. The worker is told of the failure and ends the call. */
  failure: { readonly error: unknown; readonly stopWaiting: () => void } | null
  resolve(result: CallResult | bigint): void
  reject(error: unknown): void
}

export class EvmWorker {
  readonly #worker: Worker
  readonly #clock: Clock
  #jobs = 0
  #running: Running | null = null
  #isGone = false
  #onGone: (error: CallError) => void = () => {}

  private constructor(worker: Worker, clock: Clock) {
    this.#worker = worker
    this.#clock = clock
  }

  /** Starts a worker. Rejects with `evmFailed` if `open` throws, or if the worker does not report ready in time. */
  static async start(open: () => Worker, clock: Clock): Promise<EvmWorker> {
    const worker = new EvmWorker(opened(open), clock)
    await worker.#start()
    return worker
  }

  get isGone(): boolean {
    return this.#isGone
  }

  /** Runs a call, one at a time. Rejects with `CallError`, or with the error of a read of `state`. */
  run(what: Job, state: CallState, { limitMs, signal }: RunLimits): Promise<CallResult | bigint> {
    return new Promise((resolve, reject) => {
      const onAbort = () => this.end(callAborted(signal!))
      const settle = () => signal?.removeEventListener('abort', onAbort)
      const running: Running = {
        job: ++this.#jobs,
        reads: new KeptReads(state),
        limit: new WorkLimit(this.#clock, limitMs, () => this.end(callTimeout(limitMs))),
        waiting: 0,
        failure: null,
        resolve(result) {
          settle()
          resolve(result)
        },
        reject(error) {
          settle()
          reject(running.failure === null ? error : running.failure.error)
        },
      }
      this.#running = running
      const coming = firstReads(what)
      signal?.addEventListener('abort', onAbort)
      running.limit.resume()
      try {
        this.#post({ kind: 'run', job: running.job, what, coming })
      } catch (cause) {
        // A value in the job cannot be copied.
        this.#running = null
        running.limit.pause()
        running.reject(evmFailed(cause))
        return
      }
      for (const read of coming) void this.#answer(running, read)
      if (signal?.aborted === true) onAbort()
    })
  }

  /** Terminates the worker. A running call rejects with `error`. */
  end(error: CallError = evmFailed('its worker was ended')): void {
    this.#isGone = true
    this.#worker.terminate()
    this.#onGone(error)
    const running = this.#finish()
    running?.reject(error)
  }

  #start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = startDeadline(this.#clock, START_LIMIT_MS, () => this.end(evmFailed('its worker does not answer')))
      this.#onGone = (error) => {
        late()
        reject(error)
      }
      this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.kind !== 'ready') return this.#take(data)
        late()
        resolve()
      }
      this.#worker.onmessageerror = () => this.end(evmFailed('a message of its worker cannot be read'))
      this.#worker.onerror = (event) => {
        event.preventDefault?.() // the caller gets the error
        this.end(evmFailed(event.message || 'its worker could not be loaded'))
      }
    })
  }

  #take(message: Exclude<FromWorker, { kind: 'ready' }>): void {
    const running = this.#running
    if (running === null || message.job !== running.job) return
    if (message.kind === 'read') {
      running.waiting++
      running.limit.pause()
      void this.#answer(running, message.read).then(() => {
        if (--running.waiting === 0 && this.#running === running) running.limit.resume()
      })
      return
    }
    this.#finish()
    if (message.kind === 'done' && running.failure === null) running.resolve(message.result)
    else if (message.kind === 'done') running.reject(null)
    else {
      const { code, message: text, details } = message.error
      running.reject(new CallError(code, text, { details }))
    }
  }

  /**
   * Reads, and sends the value to the worker. If the read fails, the call rejects with the same error once the worker
   * has ended the call.
   */
  async #answer(running: Running, read: Read): Promise<void> {
    try {
      const value = await readOf(running.reads, read)
      if (this.#running === running) this.#post({ kind: 'value', job: running.job, read, value })
    } catch (error) {
      if (this.#running !== running || running.failure !== null) return
      const stopWaiting = startDeadline(this.#clock, ENDING_LIMIT_MS, () => this.end())
      running.failure = { error, stopWaiting }
      this.#post({ kind: 'cancel', job: running.job })
    }
  }

  #finish(): Running | null {
    const running = this.#running
    running?.limit.pause()
    running?.failure?.stopWaiting()
    this.#running = null
    return running
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message)
  }
}

/**
 * Returns the reads of nearly every call. Their values are sent ahead, because each request by the worker costs a round
 * trip.
 */
function firstReads({ request: { from = NOBODY, to }, options: { overrides } }: Job): readonly Read[] {
  const caller = from.toLowerCase()
  const reads: Read[] = [{ part: 'account', address: caller }]
  if (to === undefined) return reads
  const address = to.toLowerCase()
  if (address !== caller) reads.push({ part: 'account', address })
  if (overrides?.get(address)?.code === undefined) reads.push({ part: 'code', address })
  return reads
}

function readOf(state: CallState, read: Read): Promise<ReadValue> {
  switch (read.part) {
    case 'account':
      return state.account(read.address)
    case 'storage':
      return state.storage(read.address, read.slot)
    case 'code':
      return state.code(read.address)
  }
}

function opened(open: () => Worker): Worker {
  try {
    return open()
  } catch (cause) {
    throw evmFailed(cause)
  }
}

function evmFailed(cause: unknown): CallError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new CallError('evmFailed', `the EVM failed: ${reason}`, { details: { reason }, cause })
}

/**
 * The window's side of the port: an engine with its calls answered by a worker. Every call settles: when the worker
 * dies, all open and later calls reject.
 */
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { Deadline, startDeadline } from '../../runtime/deadline.ts'
import type { RootlightError } from '../../runtime/error.ts'
import type { TraceNote } from '../../runtime/trace.ts'
import { SyncError } from '../../sync/errors.ts'
import { WORKER_CLOSE_MS, WORKER_START_MS } from '../constants.ts'
import type { Engine, EngineEvent, EngineOptions } from '../engine.ts'
import { type EngineCall, engineOver } from '../engine-calls.ts'
import { fromPlainError, WorkerError } from '../errors.ts'
import { OpenCalls, type Settle } from '../open-calls.ts'
import type { FromWorker, ToWorker } from './worker-port.ts'

/** The worker's port to the window's libp2p node. */
interface WindowPort {
  readonly port: MessagePort
  /** Stops the node, for an engine that is gone. Never rejects. */
  stop(): Promise<void>
}

/** The application's worker, and the URL of its script; `null`: not known. */
export interface EngineWorker {
  readonly worker: Worker
  readonly url: string | null
}

export interface RemoteEngineSettings {
  /** For WebRTC; `null`: WebRTC is not wanted. */
  readonly window?: WindowPort | null
  readonly clock?: Clock
  /** Called with each note of the worker, if the engine's options ask for notes. */
  readonly onTrace?: (note: TraceNote) => void
}

/**
 * Opens an engine in the worker, and takes over the worker: `close` ends it. Rejects as `createLocalEngine` does, or,
 * in bounded time, with `workerDied`.
 */
export async function createRemoteEngine(
  worker: EngineWorker,
  options: EngineOptions,
  emit: (event: EngineEvent) => void,
  settings: RemoteEngineSettings = {},
): Promise<Engine> {
  const port = new EnginePort(worker, emit, settings)
  await port.open(options)
  return { ...engineOver((call) => port.call(call)), close: () => port.close() }
}

class EnginePort {
  readonly #worker: Worker
  readonly #url: string | null
  readonly #clock: Clock
  /** Runs until the worker's script has answered. */
  readonly #start: Deadline
  readonly #emit: (event: EngineEvent) => void
  readonly #onTrace: (note: TraceNote) => void
  readonly #window: WindowPort | null
  readonly #calls = new OpenCalls<EngineCall>()
  readonly #watch = new AbortController()
  #opening: Settle | null = null
  #closing: Promise<void> | null = null
  /** The reason why every call rejects; `null`: the worker lives. */
  #death: RootlightError | null = null
  #lock: string | null = null

  constructor(
    { worker, url }: EngineWorker,
    emit: (event: EngineEvent) => void,
    { window = null, clock = systemClock, onTrace = () => {} }: RemoteEngineSettings,
  ) {
    this.#worker = worker
    this.#url = url
    this.#clock = clock
    this.#start = new Deadline(clock, WORKER_START_MS, () => {
      this.#die(`its script has not answered for ${WORKER_START_MS / 1000} seconds`)
    })
    this.#window = window
    this.#emit = emit
    this.#onTrace = onTrace
  }

  async open(options: EngineOptions): Promise<void> {
    this.#worker.addEventListener('message', (event: MessageEvent<FromWorker>) => this.#receive(event.data))
    this.#worker.addEventListener('error', (event) => this.#die(event.message || 'its script could not be loaded'))
    this.#worker.addEventListener('messageerror', () => this.#die('a message of it could not be read'))
    this.#start.start()
    // Web Locks exist in secure contexts only; elsewhere a killed worker goes unnoticed.
    this.#lock = globalThis.navigator?.locks === undefined ? null : `rootlight-worker-${crypto.randomUUID()}`
    const opened = new Promise<unknown>((resolve, reject) => {
      this.#opening = { resolve, reject }
    })
    const window = this.#window?.port ?? null
    this.#send({ kind: 'open', options, lock: this.#lock, window }, window === null ? [] : [window])
    try {
      await opened
    } catch (error) {
      this.#end()
      throw error
    }
  }

  call(asked: EngineCall): Promise<unknown> {
    if (this.#death !== null) return Promise.reject(this.#death)
    return this.#calls.add(asked, (call) => this.#send({ kind: 'call', call, ...asked }))
  }

  /** Lets the engine write its verified nodes, then ends the worker. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    let stop = () => {}
    const late = new Promise<void>((resolve) => {
      stop = startDeadline(this.#clock, WORKER_CLOSE_MS, resolve, { countsOffline: true })
    })
    // A dead or stuck worker needs no closing.
    await Promise.race([this.call({ method: 'close', args: [] }).catch(() => {}), late])
    stop()
    this.#end()
  }

  #send(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer)
  }

  #receive(message: FromWorker): void {
    this.#start.stop()
    if (message.kind === 'started') return
    if (message.kind === 'alive') void this.#waitForDeath()
    else if (message.kind === 'event') this.#emit(message.event)
    else if (message.kind === 'trace') this.#onTrace(message.note)
    else if (message.kind === 'opened') this.#opening?.resolve(undefined)
    else if (message.kind === 'refused') this.#opening?.reject(fromPlainError(message.error))
    else if (message.kind === 'result') this.#calls.resolve(message.call, message.value)
    else this.#calls.reject(message.call, fromPlainError(message.error))
  }

  /** Waits for the lock which the worker holds as long as the worker lives. */
  async #waitForDeath(): Promise<void> {
    try {
      await navigator.locks.request(this.#lock!, { signal: this.#watch.signal }, () =>
        this.#die('its thread has ended'),
      )
    } catch {
      // This side has ended the worker, and waits no more.
    }
  }

  #die(reason: string): void {
    const name = this.#url === null ? 'the worker' : `the worker ${this.#url}`
    const details = { reason, url: this.#url }
    this.#refuseAll(new WorkerError('workerDied', `${name} has died: ${reason}`, { details }))
    // A worker still running would keep the database from the next one.
    this.#worker.terminate()
  }

  #end(): void {
    this.#watch.abort()
    this.#worker.terminate()
    this.#refuseAll(new SyncError('closed', 'the client was closed'))
  }

  #refuseAll(error: RootlightError): void {
    this.#death ??= error
    this.#start.stop()
    this.#window?.stop().catch(() => {}) // the page is closing it anyway
    this.#opening?.reject(this.#death)
    this.#calls.rejectAll(this.#death)
  }
}

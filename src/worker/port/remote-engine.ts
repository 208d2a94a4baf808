/**
 * The window's side of the port: an engine whose calls are answered by a worker. Every call settles: a worker that dies
 * rejects all that are open, and all that come.
 */
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { Deadline, startDeadline } from '../../runtime/deadline.ts'
import type { RootlightError } from '../../runtime/error.ts'
import type { TraceNote } from '../../runtime/trace.ts'
import { SyncError } from '../../sync/errors.ts'
import { WORKER_CLOSE_MS, WORKER_START_MS } from '../constants.ts'
import type { Engine, EngineEvent, EngineOptions } from '../engine.ts'
import { fromPlainError, WorkerError } from '../errors.ts'
import type { EngineMethod, FromWorker, ToWorker } from './worker-port.ts'

/** The window's libp2p node, and the worker's way to it. */
export interface WindowPort {
  readonly port: MessagePort
  /** Ends what an engine that is gone has begun. Never rejects. */
  stop(): Promise<void>
}

interface OpenCall {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** The application's worker, and the URL of its script; `null`: not known. */
export interface EngineWorker {
  readonly worker: Worker
  readonly url: string | null
}

export interface RemoteEngineSettings {
  /** For WebRTC; `null`: that is not wanted. */
  readonly window?: WindowPort | null
  readonly clock?: Clock
  /** Called with each note of the worker, if the engine's options ask for notes. */
  readonly onTrace?: (note: TraceNote) => void
}

/**
 * Opens an engine in the worker, which is ours from now on: `close` ends it. Rejects as `createLocalEngine` does, or, in bounded
 * time, with `workerDied`.
 */
export async function createRemoteEngine(
  worker: EngineWorker,
  options: EngineOptions,
  emit: (event: EngineEvent) => void,
  settings: RemoteEngineSettings = {},
): Promise<Engine> {
  const port = new EnginePort(worker, emit, settings)
  await port.open(options)
  const call =
    (method: EngineMethod) =>
    (...args: readonly unknown[]): Promise<never> =>
      port.call(method, args) as Promise<never>
  return {
    sync: call('sync'),
    cancel: call('cancel'),
    leave: call('leave'),
    resume: call('resume'),
    getAccount: call('getAccount'),
    getStorageAt: call('getStorageAt'),
    getCode: call('getCode'),
    getProof: call('getProof'),
    addProof: call('addProof'),
    keep: call('keep'),
    abort: call('abort'),
    verify: call('verify'),
    openExport: call('openExport'),
    readExport: call('readExport'),
    import: call('import'),
    feed: call('feed'),
    storage: call('storage'),
    wipe: call('wipe'),
    status: call('status'),
    settledStatus: call('settledStatus'),
    role: call('role'),
    close: () => port.close(),
  }
}

class EnginePort {
  readonly #worker: Worker
  readonly #url: string | null
  readonly #clock: Clock
  /** Until the worker's script has answered. */
  readonly #start: Deadline
  readonly #emit: (event: EngineEvent) => void
  readonly #onTrace: (note: TraceNote) => void
  readonly #window: WindowPort | null
  readonly #calls = new Map<number, OpenCall>()
  readonly #watch = new AbortController()
  #nextCall = 0
  #opening: OpenCall | null = null
  #closing: Promise<void> | null = null
  /** Why no call is answered any more. */
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
    // Web Locks exist in secure contexts only; elsewhere a worker that is killed is not noticed.
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

  call(method: EngineMethod, args: readonly unknown[]): Promise<unknown> {
    if (this.#death !== null) return Promise.reject(this.#death)
    const call = this.#nextCall++
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { resolve, reject })
      this.#send({ kind: 'call', call, method, args })
    })
  }

  /** Lets the engine write what it verified, then ends the worker. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    let stop = () => {}
    const late = new Promise<void>((resolve) => {
      stop = startDeadline(this.#clock, WORKER_CLOSE_MS, resolve, { countsOffline: true })
    })
    // A worker that is dead, or stuck, needs no closing.
    await Promise.race([this.call('close', []).catch(() => {}), late])
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
    else {
      const call = this.#calls.get(message.call)
      this.#calls.delete(message.call)
      if (message.kind === 'result') call?.resolve(message.value)
      else call?.reject(fromPlainError(message.error))
    }
  }

  /** The worker holds the lock as long as it lives: whoever gets it after that knows. */
  async #waitForDeath(): Promise<void> {
    try {
      await navigator.locks.request(this.#lock!, { signal: this.#watch.signal }, () =>
        this.#die('its thread has ended'),
      )
    } catch {
      // We have ended it ourselves, and wait no more.
    }
  }

  #die(reason: string): void {
    const name = this.#url === null ? 'the worker' : `the worker ${this.#url}`
    const details = { reason, url: this.#url }
    this.#refuseAll(new WorkerError('workerDied', `${name} has died: ${reason}`, { details }))
    // What may still run there would keep the database from the next one.
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
    for (const call of this.#calls.values()) call.reject(this.#death)
    this.#calls.clear()
  }
}

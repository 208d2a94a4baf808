/**
 * The window's side of the port: an engine whose calls are answered by a worker. Every call settles: a worker that dies
 * rejects all that are open, and all that come.
 */
import { SyncError } from '../sync/errors.ts'
import type { RootlightError } from '../trie/error.ts'
import type { Engine, EngineEvent, EngineOptions } from './engine.ts'
import { fromPlainError, WorkerError } from './errors.ts'
import type { EngineMethod, FromWorker, ToWorker } from './port.ts'

/** The window's libp2p node, and the worker's way to it. */
export interface WindowPage {
  readonly port: MessagePort
  /** Ends what an engine that is gone has begun. Never rejects. */
  stop(): Promise<void>
}

interface OpenCall {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Opens an engine in `worker`, which is ours from now on: `close` ends it. `page`: for WebRTC, if that is wanted. Rejects as `createLocalEngine` does, or with
 * `workerDied`.
 */
export async function createRemoteEngine(
  worker: Worker,
  options: EngineOptions,
  emit: (event: EngineEvent) => void,
  page: WindowPage | null = null,
): Promise<Engine> {
  const port = new EnginePort(worker, emit, page)
  await port.open(options)
  const call =
    (method: EngineMethod) =>
    (...args: readonly unknown[]): Promise<never> =>
      port.call(method, args) as Promise<never>
  return {
    sync: call('sync'),
    cancel: call('cancel'),
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
  readonly #emit: (event: EngineEvent) => void
  readonly #page: WindowPage | null
  readonly #calls = new Map<number, OpenCall>()
  readonly #watch = new AbortController()
  #nextCall = 0
  #opening: OpenCall | null = null
  #closing: Promise<void> | null = null
  /** Why no call is answered any more. */
  #death: RootlightError | null = null
  #lock: string | null = null

  constructor(worker: Worker, emit: (event: EngineEvent) => void, page: WindowPage | null) {
    this.#worker = worker
    this.#page = page
    this.#emit = emit
  }

  async open(options: EngineOptions): Promise<void> {
    this.#worker.addEventListener('message', (event: MessageEvent<FromWorker>) => this.#receive(event.data))
    this.#worker.addEventListener('error', (event) => this.#die(event.message || 'its script could not be loaded'))
    // Web Locks exist in secure contexts only; elsewhere a worker that is killed is not noticed.
    this.#lock = globalThis.navigator?.locks === undefined ? null : `rootlight-worker-${crypto.randomUUID()}`
    const opened = new Promise<unknown>((resolve, reject) => {
      this.#opening = { resolve, reject }
    })
    const page = this.#page?.port ?? null
    this.#send({ kind: 'open', options, lock: this.#lock, page }, page === null ? [] : [page])
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
    this.#closing ??= this.call('close', []).then(
      () => this.#end(),
      // A worker that is dead needs no closing.
      () => this.#end(),
    )
    return this.#closing
  }

  #send(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer)
  }

  #receive(message: FromWorker): void {
    if (message.kind === 'alive') void this.#waitForDeath()
    else if (message.kind === 'event') this.#emit(message.event)
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
    this.#refuseAll(new WorkerError('workerDied', `the worker has died: ${reason}`, { details: { reason } }))
  }

  #end(): void {
    this.#watch.abort()
    this.#worker.terminate()
    this.#refuseAll(new SyncError('closed', 'the client was closed'))
  }

  #refuseAll(error: RootlightError): void {
    this.#death ??= error
    void this.#page?.stop()
    this.#opening?.reject(this.#death)
    for (const call of this.#calls.values()) call.reject(this.#death)
    this.#calls.clear()
  }
}

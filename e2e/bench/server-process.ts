/** The server as a process of its own, as in real life: it must not share a thread with what is measured. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AccountSample } from './page-contract.ts'
import type { Arrival } from './request-watch.ts'

/** The script of our own server. */
export const STATE_SERVER = 'state-server.ts'

export interface ServerRequest {
  readonly synthetic: { readonly accounts: number; readonly seed: number }
  /** Also hold every node by its hash, for the straight port. */
  readonly straight: boolean
  /** Listen for WebRTC, too, where that is to be had. */
  readonly webrtc?: boolean
  /** Serve all of it in no less time than this; left out: as fast as can be. */
  readonly minSyncMs?: number
  /** Where data directories are kept, one for each number of accounts; left out: a temporary one. */
  readonly data?: string
}

export interface ServerReady {
  readonly address: string
  /** `null`: it does not listen for WebRTC. */
  readonly webrtcAddress: string | null
  readonly root: string
  readonly accounts: number
  readonly slots: number
  readonly nodes: number
  readonly codes: number
  readonly bytes: number
  readonly records: number
  readonly recordsDigest: string
  readonly samples: readonly AccountSample[]
}

/** Totals since the start, and `rssBytes` now. `wireBytes` are those on the TCP sockets, both directions; `cpuMs` is the process's own time. */
export interface ServerCounters {
  readonly requests: number
  readonly wireBytes: number
  readonly cpuMs: number
  readonly rssBytes: number
}

/** Each is answered by one message, and none is sent before the last one was. */
export type ToServer =
  | { readonly kind: 'counters' | 'watch' | 'arrival' }
  | { readonly kind: 'withhold'; readonly isWithheld: boolean }

export type FromServer =
  | { readonly kind: 'ready'; readonly ready: ServerReady }
  | { readonly kind: 'counters'; readonly counters: ServerCounters }
  | { readonly kind: 'arrival'; readonly arrival: Arrival }
  | { readonly kind: 'done' }

export class ServerProcess {
  readonly ready: ServerReady
  readonly #process: ChildProcess
  #isStopping = false

  private constructor(child: ChildProcess, ready: ServerReady) {
    this.#process = child
    this.ready = ready
    // Without it the page would wait for ever.
    child.once('exit', (code) => {
      if (!this.#isStopping) throw new Error(`the server ended with ${code}`)
    })
  }

  /** Resolves when the state is made and served, by `script` of this folder. */
  static async start(request: ServerRequest, script = STATE_SERVER): Promise<ServerProcess> {
    const path = fileURLToPath(new URL(script, import.meta.url))
    const { data, synthetic } = request
    // A data directory belongs to one process, and states of several sizes may be served at a time.
    const own = data === undefined ? request : { ...request, data: join(data, String(synthetic.accounts)) }
    const args = ['--import', 'tsx', path, JSON.stringify(own)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const message = await nextMessage(child)
    if (message.kind !== 'ready') throw new Error(`the server began with ${message.kind}`)
    return new ServerProcess(child, message.ready)
  }

  async counters(): Promise<ServerCounters> {
    return (await this.#ask({ kind: 'counters' }, 'counters')).counters
  }

  /** Looks out for the next client that comes; {@link arrival} tells of it. */
  async watch(): Promise<void> {
    await this.#ask({ kind: 'watch' }, 'done')
  }

  /** Resolves when the first request of whoever came since {@link watch} has arrived. */
  async arrival(): Promise<Arrival> {
    return (await this.#ask({ kind: 'arrival' }, 'arrival')).arrival
  }

  /** Keeps all answers back, or lets them go. */
  async withhold(isWithheld: boolean): Promise<void> {
    await this.#ask({ kind: 'withhold', isWithheld }, 'done')
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    const exited = once(this.#process, 'exit')
    this.#process.disconnect()
    await exited
  }

  async #ask<K extends FromServer['kind']>(
    question: ToServer,
    kind: K,
  ): Promise<Extract<FromServer, { readonly kind: K }>> {
    const answer = nextMessage(this.#process)
    this.#process.send(question)
    const message = await answer
    if (message.kind !== kind) throw new Error(`the server answered with ${message.kind}`)
    return message as Extract<FromServer, { readonly kind: K }>
  }
}

function nextMessage(child: ChildProcess): Promise<FromServer> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`the server ended with ${code}`))
    child.once('exit', onExit)
    child.once('message', (message) => {
      child.off('exit', onExit)
      resolve(message as FromServer)
    })
  })
}

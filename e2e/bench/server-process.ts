/** The server as a process of its own, as in real life: the server must not share a thread with the measured client. */
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
  /** True to hold every node by its hash as well, for the straight port. */
  readonly straight: boolean
  /** True to listen for WebRTC as well, where possible. */
  readonly webrtc?: boolean
  /** The shortest time for serving the whole state. Left out: as fast as possible. */
  readonly minSyncMs?: number
  /** The folder of kept data directories, one for each number of accounts. Left out: a temporary directory. */
  readonly data?: string
}

export interface ServerReady {
  readonly address: string
  /** `null`: the server does not listen for WebRTC. */
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

/**
 * Totals since the start, and `rssBytes` now. `wireBytes` counts both directions of the TCP sockets. `cpuMs` is the
 * time of the process.
 */
export interface ServerCounters {
  readonly requests: number
  readonly wireBytes: number
  readonly cpuMs: number
  readonly rssBytes: number
}

/** A message to the server. Each gets one answer, and the next message waits for the answer. */
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
    // Without the server the page would wait for ever.
    child.once('exit', (code) => {
      if (!this.#isStopping) throw new Error(`the server ended with ${code}`)
    })
  }

  /** Starts `script` of this folder. Resolves when the state is made and served. */
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

  /** Waits for the next new client, to be reported by {@link arrival}. */
  async watch(): Promise<void> {
    await this.#ask({ kind: 'watch' }, 'done')
  }

  /** Resolves when the first request of the first client since {@link watch} has arrived. */
  async arrival(): Promise<Arrival> {
    return (await this.#ask({ kind: 'arrival' }, 'arrival')).arrival
  }

  /** Withholds all answers, or releases the withheld ones. */
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

/** The server as a process of its own, as in real life: it must not share a thread with what is measured. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { AccountSample } from './page-contract.ts'

export interface ServerRequest {
  readonly synthetic: { readonly accounts: number; readonly seed: number }
  /** Also hold every node by its hash, for the straight port. */
  readonly straight: boolean
  /** A data directory to keep the state in; left out: a temporary one. */
  readonly data?: string
}

export interface ServerReady {
  readonly address: string
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

/** Totals since the start. `wireBytes` are those on the TCP sockets, both directions; `cpuMs` is the process's own time. */
export interface ServerCounters {
  readonly requests: number
  readonly wireBytes: number
  readonly cpuMs: number
}

export type FromServer =
  | { readonly kind: 'ready'; readonly ready: ServerReady }
  | { readonly kind: 'counters'; readonly counters: ServerCounters }

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

  /** Resolves when the state is made and served. */
  static async start(request: ServerRequest): Promise<ServerProcess> {
    const script = fileURLToPath(new URL('./state-server.ts', import.meta.url))
    const args = ['--import', 'tsx', script, JSON.stringify(request)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const message = await nextMessage(child)
    if (message.kind !== 'ready') throw new Error(`the server began with ${message.kind}`)
    return new ServerProcess(child, message.ready)
  }

  async counters(): Promise<ServerCounters> {
    const answer = nextMessage(this.#process)
    this.#process.send('counters')
    const message = await answer
    if (message.kind !== 'counters') throw new Error(`the server answered with ${message.kind}`)
    return message.counters
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    const exited = once(this.#process, 'exit')
    this.#process.disconnect()
    await exited
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

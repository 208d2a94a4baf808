/**
 * The Chrome DevTools Protocol over a pipe: JSON messages, each ended by a zero byte. No domain is enabled here by
 * itself. `Network.enable`, sent by Playwright's driver, mirrors every WebSocket frame and halves the figures.
 */
import type { Readable, Writable } from 'node:stream'

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: unknown
  readonly sessionId?: string
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

interface Waiter {
  readonly method: string
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** Called with an event's parameters and session. */
export type CdpListener = (params: unknown, sessionId: string | undefined) => void

export class Cdp {
  readonly #output: Writable
  readonly #waiters = new Map<number, Waiter>()
  readonly #listeners = new Map<string, CdpListener>()
  #nextId = 1
  #unread: Buffer[] = []

  /** The browser writes to `input` and reads from `output`. */
  constructor(input: Readable, output: Writable) {
    this.#output = output
    input.on('data', (chunk: Buffer) => this.#read(chunk))
    input.on('close', () => this.#end(new Error('the browser has ended')))
    output.on('error', (error) => this.#end(error))
  }

  /** Sends one command. The caller vouches for the types of parameters and result. Rejects when the browser ends. */
  send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    const id = this.#nextId++
    const text = JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })
    return new Promise<T>((resolve, reject) => {
      this.#waiters.set(id, { method, resolve: (result) => resolve(result as T), reject })
      this.#output.write(`${text}\0`)
    })
  }

  /** Sets the one listener of an event. */
  on(method: string, listener: CdpListener): void {
    this.#listeners.set(method, listener)
  }

  #read(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(0); end >= 0; end = chunk.indexOf(0, start)) {
      this.#unread.push(chunk.subarray(start, end))
      const text = Buffer.concat(this.#unread).toString()
      this.#unread = []
      this.#receive(JSON.parse(text) as Message)
      start = end + 1
    }
    if (start < chunk.length) this.#unread.push(chunk.subarray(start))
  }

  #receive({ id, method, params, sessionId, result, error }: Message): void {
    if (id === undefined) {
      this.#listeners.get(method!)?.(params, sessionId)
      return
    }
    const waiter = this.#waiters.get(id)
    this.#waiters.delete(id)
    if (error === undefined) waiter?.resolve(result)
    else waiter?.reject(new Error(`${waiter.method}: ${error.message}`))
  }

  #end(error: Error): void {
    for (const waiter of this.#waiters.values()) waiter.reject(error)
    this.#waiters.clear()
  }
}

/** The state inside a worker. Reads go to the window, except the values sent ahead by the window. */
import type { CallAccount, CallState } from '../wallet/provider/types.ts'
import { nameOf, type Read, type ReadValue } from './messages.ts'

interface Wanted {
  readonly promise: Promise<ReadValue>
  readonly resolve: (value: ReadValue) => void
  readonly reject: (error: unknown) => void
}

export class RemoteState implements CallState {
  readonly #ask: (read: Read) => void
  readonly #wanted = new Map<string, Wanted>()

  /** Creates the state. The values of the reads in `coming` arrive without a request. */
  constructor(ask: (read: Read) => void, coming: readonly Read[]) {
    this.#ask = ask
    for (const read of coming) this.#want(read)
  }

  account(address: string): Promise<CallAccount | null> {
    return this.#read({ part: 'account', address }) as Promise<CallAccount | null>
  }

  storage(address: string, slot: bigint): Promise<bigint> {
    return this.#read({ part: 'storage', address, slot }) as Promise<bigint>
  }

  code(address: string): Promise<string> {
    return this.#read({ part: 'code', address }) as Promise<string>
  }

  /** Settles a read with the window's answer. */
  take(read: Read, value: ReadValue): void {
    this.#wanted.get(nameOf(read))?.resolve(value)
  }

  /** Rejects all waiting reads. */
  fail(error: unknown): void {
    for (const { reject } of this.#wanted.values()) reject(error)
  }

  #read(read: Read): Promise<ReadValue> {
    const wanted = this.#wanted.get(nameOf(read))
    if (wanted !== undefined) return wanted.promise
    this.#ask(read)
    return this.#want(read).promise
  }

  #want(read: Read): Wanted {
    const handles = {} as { -readonly [K in 'resolve' | 'reject']: Wanted[K] }
    const promise = new Promise<ReadValue>((resolve, reject) => Object.assign(handles, { resolve, reject }))
    promise.catch(() => {}) // a value sent ahead may stay unread
    const wanted = { promise, ...handles }
    this.#wanted.set(nameOf(read), wanted)
    return wanted
  }
}

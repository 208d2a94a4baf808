/** The state as a worker has it: every read is asked of the page, but for what the page sends by itself. */
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

  /** `coming` need not be asked for. */
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

  /** The page has answered. */
  take(read: Read, value: ReadValue): void {
    this.#wanted.get(nameOf(read))?.resolve(value)
  }

  /** Ends all that wait. */
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
    promise.catch(() => {}) // it may be that nobody reads what was coming
    const wanted = { promise, ...handles }
    this.#wanted.set(nameOf(read), wanted)
    return wanted
  }
}

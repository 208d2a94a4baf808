/** The callers waiting to send an urgent request, ahead of all bulk: priority reads, in the order of their arrival. */
import { aborted, type RequestError } from './error.ts'

interface PriorityRead {
  begin(): void
  reject(error: RequestError): void
}

export class PriorityReads {
  readonly #hasPlace: () => boolean
  readonly #waiting = new Set<PriorityRead>()
  #isSending = false

  /** `hasPlace` returns true if the peer accepts one more request. */
  constructor(hasPlace: () => boolean) {
    this.#hasPlace = hasPlace
  }

  /** True if no caller waits. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  /** True while a caller that waited here sends its request. */
  get isSending(): boolean {
    return this.#isSending
  }

  /** Calls `ask` as soon as there is a place. Settles like `ask`, or rejects when `signal` aborts or by {@link end}. */
  add<T>(ask: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw aborted(signal)
      const onAbort = () => read.reject(aborted(signal))
      const leave = () => {
        signal?.removeEventListener('abort', onAbort)
        this.#waiting.delete(read)
      }
      const read: PriorityRead = {
        begin: () => {
          leave()
          resolve(ask())
        },
        reject: (error) => {
          leave()
          reject(error)
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.add(read)
      this.begin()
    })
  }

  /** Gives free places to the waiting callers. */
  begin(): void {
    for (const next of this.#waiting) {
      if (!this.#hasPlace()) return
      this.#isSending = true
      try {
        next.begin()
      } finally {
        this.#isSending = false
      }
    }
  }

  /** Rejects all waiting callers with `error`. */
  end(error: RequestError): void {
    for (const read of this.#waiting) read.reject(error)
  }
}

/** The calls of one tab that wait for an answer, whoever gives it: each can be asked again, and is settled once. */
import type { EngineMethod } from './port/worker-port.ts'

export interface OpenCall {
  readonly method: EngineMethod
  readonly args: readonly unknown[]
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

export class OpenCalls {
  /** In the order in which they were made. */
  readonly #open = new Map<number, OpenCall>()
  #next = 0

  get numbers(): number[] {
    return [...this.#open.keys()]
  }

  /** Notes a call and asks for its answer with `ask`, which gets its number. Resolves and rejects as it is settled. */
  add<T>(method: EngineMethod, args: readonly unknown[], ask: (call: number) => void): Promise<T> {
    const call = this.#next++
    return new Promise<T>((resolve, reject) => {
      this.#open.set(call, { method, args, resolve: resolve as (value: unknown) => void, reject })
      ask(call)
    })
  }

  get(call: number): OpenCall | undefined {
    return this.#open.get(call)
  }

  resolve(call: number, value: unknown): void {
    this.#take(call)?.resolve(value)
  }

  reject(call: number, error: unknown): void {
    this.#take(call)?.reject(error)
  }

  rejectAll(error: unknown): void {
    for (const call of this.numbers) this.reject(call, error)
  }

  #take(call: number): OpenCall | undefined {
    const open = this.#open.get(call)
    this.#open.delete(call)
    return open
  }
}

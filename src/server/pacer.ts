/** Lets timers, signals and sockets of the process run while a long loop works: what only awaits microtasks starves them. */
import { setImmediate } from 'node:timers/promises'
import { PACE_EVERY, PACE_MS } from './constants.ts'

export class Pacer {
  readonly #signal: AbortSignal | undefined
  #calls = 0
  #yieldedAt = performance.now()

  constructor(signal?: AbortSignal) {
    this.#signal = signal
  }

  /** Ask for each piece of work: true where {@link yield} is due. */
  get isDue(): boolean {
    return ++this.#calls % PACE_EVERY === 0 && performance.now() - this.#yieldedAt > PACE_MS
  }

  /** Lets everything else have its turn. Throws the signal's reason. */
  async yield(): Promise<void> {
    await setImmediate()
    this.#yieldedAt = performance.now()
    this.#signal?.throwIfAborted()
  }
}

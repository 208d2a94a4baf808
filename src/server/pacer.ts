/** Lets timers, signals and sockets run during a long loop. A loop awaiting only microtasks would starve them. */
import { setImmediate } from 'node:timers/promises'
import { PACE_EVERY, PACE_MS } from './constants.ts'

export class Pacer {
  readonly #signal: AbortSignal | undefined
  #calls = 0
  #yieldedAt = performance.now()

  constructor(signal?: AbortSignal) {
    this.#signal = signal
  }

  /** True if {@link yield} is due. Read once for each piece of work. */
  get isDue(): boolean {
    return ++this.#calls % PACE_EVERY === 0 && performance.now() - this.#yieldedAt > PACE_MS
  }

  /** Lets everything else run. Throws the signal's reason. */
  async yield(): Promise<void> {
    await setImmediate()
    this.#yieldedAt = performance.now()
    this.#signal?.throwIfAborted()
  }
}

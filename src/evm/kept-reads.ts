/** Reads of one state, each done once. A looping call repeats reads, and so do the many runs of an estimate. */
import type { CallAccount, CallState } from '../wallet/provider/types.ts'

export class KeptReads implements CallState {
  readonly #state: CallState
  readonly #kept = new Map<string, Promise<unknown>>()

  constructor(state: CallState) {
    this.#state = state
  }

  account(address: string): Promise<CallAccount | null> {
    return this.#once(`account ${address}`, () => this.#state.account(address))
  }

  storage(address: string, slot: bigint): Promise<bigint> {
    return this.#once(`slot ${address} ${slot}`, () => this.#state.storage(address, slot))
  }

  code(address: string): Promise<string> {
    return this.#once(`code ${address}`, () => this.#state.code(address))
  }

  #once<T>(name: string, read: () => Promise<T>): Promise<T> {
    const kept = this.#kept.get(name) ?? read()
    this.#kept.set(name, kept)
    return kept as Promise<T>
  }
}

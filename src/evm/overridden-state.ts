/** A state with some values replaced by the caller for one call: geth's state overrides. */
import { bytesToHex, hexToBytes } from '@ethereumjs/util'
import { EMPTY_CODE_HASH_HEX, EMPTY_ROOT_HEX } from '../trie/account.ts'
import { keccak256 } from '../trie/keccak.ts'
import type { AccountOverride, CallAccount, CallOptions, CallState, StateOverrides } from '../wallet/provider/types.ts'
import { KeptReads } from './kept-reads.ts'
import { type Pacer, pacedReads } from './pacer.ts'

const NOBODY: CallAccount = {
  nonce: 0n,
  balance: 0n,
  storageRoot: `0x${EMPTY_ROOT_HEX}`,
  codeHash: `0x${EMPTY_CODE_HASH_HEX}`,
}

/**
 * Returns the reads of a call: `state` under the overrides, each part read once. A `pacer` does not count the waiting
 * time.
 */
export function readsOf(state: CallState, { overrides }: CallOptions, pacer?: Pacer): CallState {
  const reads = new KeptReads(pacer === undefined ? state : pacedReads(state, pacer))
  return overrides === undefined ? reads : new OverriddenState(reads, overrides)
}

class OverriddenState implements CallState {
  readonly #state: CallState
  readonly #overrides: StateOverrides

  constructor(state: CallState, overrides: StateOverrides) {
    this.#state = state
    this.#overrides = overrides
  }

  async account(address: string): Promise<CallAccount | null> {
    const override = this.#of(address)
    const account = await this.#state.account(address)
    if (override === undefined) return account
    const { nonce, balance, storageRoot, codeHash } = account ?? NOBODY
    const code = override.code === undefined ? codeHash : hashOf(override.code)
    return { nonce: override.nonce ?? nonce, balance: override.balance ?? balance, storageRoot, codeHash: code }
  }

  async storage(address: string, slot: bigint): Promise<bigint> {
    const { state, stateDiff } = this.#of(address) ?? {}
    if (state !== undefined) return state.get(slot) ?? 0n
    return stateDiff?.get(slot) ?? this.#state.storage(address, slot)
  }

  async code(address: string): Promise<string> {
    return this.#of(address)?.code ?? this.#state.code(address)
  }

  #of(address: string): AccountOverride | undefined {
    return this.#overrides.get(address.toLowerCase())
  }
}

function hashOf(code: string): string {
  return bytesToHex(keccak256(hexToBytes(code as `0x${string}`)))
}

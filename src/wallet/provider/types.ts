/** The used part of EIP-1193, and the contracts of a provider. Types only. */
import type { BlockHeader } from '../header.ts'

/** One request of EIP-1193. */
export interface RequestArguments {
  readonly method: string
  readonly params?: readonly unknown[] | object
}

/**
 * Anything answering requests of EIP-1193: a wallet's provider, a library's transport, an RPC endpoint behind a
 * function.
 */
export interface Eip1193Requester {
  /** Answers one request, or rejects with an error with a numeric `code`. */
  request(args: RequestArguments): Promise<unknown>
}

/** The provider of a client, in the form of EIP-1193. */
export interface Eip1193Provider extends Eip1193Requester {
  /**
   * Listens to an event. `connect` fires once. A fallback's `accountsChanged` is passed on, and its `message` while the
   * fallback is on this chain. No other event fires: a provider's chain never changes, and reads go on without a
   * wallet. Throws `badArgument`.
   */
  on(event: string, listener: (...args: never[]) => void): this
  /** Removes a listener added by {@link on}. */
  removeListener(event: string, listener: (...args: never[]) => void): this
}

/** The options of `client.provider()`. */
export interface ProviderOptions {
  /**
   * Answers the methods needing more than state. Its answers are trusted. Left out: error 4200 for those methods. The
   * fallback is asked only while on the client's chain. Otherwise requests fail with error 4901, except the methods
   * sending a wallet to the chain. A fallback with `on` is asked for its chain again after `chainChanged`, `connect`
   * and `disconnect`. A fallback without `on` is asked for its chain before each request.
   */
  readonly fallback?: Eip1193Requester
  /**
   * Loads the EVM for `eth_call` and `eth_estimateGas`: `() => import('rootlight/evm')`. Left out: the fallback answers
   * both.
   */
  readonly evm?: () => Promise<EvmModule>
  /** The hardfork of calls, by name (`cancun`). Left out: the fork of the block on known chains, else the newest. */
  readonly hardfork?: string
  /**
   * The handling of requests for an unknown block (`pending`, `safe`, another number or hash). `refuse`, the default,
   * rejects them. `fallback` forwards them to the `fallback`, whose answers are then trusted.
   */
  readonly otherBlocks?: 'refuse' | 'fallback'
}

/**
 * A module running calls: `rootlight/evm` or another. Both functions reject with coded errors, and with the errors of
 * state reads.
 */
export interface EvmModule {
  /** Runs an `eth_call`. */
  call(state: CallState, block: CallBlock, request: CallRequest, options: CallOptions): Promise<CallResult>
  /** Returns the least gas sufficient for the call. */
  estimateGas(state: CallState, block: CallBlock, request: CallRequest, options: CallOptions): Promise<bigint>
}

/** Verified reads of one state. Addresses are `0x` and 40 hex digits. */
export interface CallState {
  account(address: string): Promise<CallAccount | null>
  storage(address: string, slot: bigint): Promise<bigint>
  /** Returns the bytecode as `0x` and hex digits. */
  code(address: string): Promise<string>
}

export interface CallAccount {
  readonly nonce: bigint
  readonly balance: bigint
  readonly storageRoot: string
  readonly codeHash: string
}

/** The known parts of the block. `null`: unknown; a call reading an unknown part fails. */
export interface CallBlock {
  readonly number: number | null
  readonly header: BlockHeader | null
}

export interface CallRequest {
  readonly from?: string
  /** The called address. Left out: the call creates a contract. */
  readonly to?: string
  readonly gas?: bigint
  readonly gasPrice?: bigint
  readonly maxFeePerGas?: bigint
  readonly maxPriorityFeePerGas?: bigint
  readonly value?: bigint
  /** The call data, as `0x` and hex digits. */
  readonly data?: string
  readonly accessList?: readonly { readonly address: string; readonly storageKeys: readonly string[] }[]
  /** The highest price of a unit of blob gas in wei, by EIP-4844. */
  readonly maxFeePerBlobGas?: bigint
  /** The hashes of the blobs, by EIP-4844: `0x` and 64 hex digits each. */
  readonly blobVersionedHashes?: readonly string[]
  /** Authorizations of EIP-7702. */
  readonly authorizationList?: readonly CallAuthorization[]
}

/** An account's consent to run the code at `address`. A call skips authorizations with an invalid signature. */
export interface CallAuthorization {
  readonly chainId: bigint
  readonly address: string
  readonly nonce: bigint
  readonly yParity: bigint
  readonly r: bigint
  readonly s: bigint
}

export interface CallOptions {
  readonly chainId: number
  readonly hardfork?: string
  readonly overrides?: StateOverrides
  readonly blockOverrides?: BlockOverrides
  /** Ends the call, which rejects with `callAborted`. */
  readonly signal?: AbortSignal
}

/** Fields of the block replaced for one call. */
export interface BlockOverrides {
  readonly number?: bigint
  /** The difficulty, for blocks before the merge. */
  readonly difficulty?: bigint
  /** The timestamp of the block, in seconds. */
  readonly time?: bigint
  readonly gasLimit?: bigint
  /** The coinbase: `0x` and 40 hex digits. */
  readonly feeRecipient?: string
  /** The randomness: `0x` and 64 hex digits. */
  readonly prevRandao?: string
  readonly baseFeePerGas?: bigint
  readonly blobBaseFee?: bigint
}

/** The parts of the state replaced for one call, by address. */
export type StateOverrides = ReadonlyMap<string, AccountOverride>

export interface AccountOverride {
  readonly nonce?: bigint
  readonly balance?: bigint
  /** The code, as `0x` and hex digits. */
  readonly code?: string
  /** The whole storage: all other slots are 0. */
  readonly state?: ReadonlyMap<bigint, bigint>
  /** Replaced slots; the other slots stay. Never beside {@link state}. */
  readonly stateDiff?: ReadonlyMap<bigint, bigint>
  /** The new address of the precompile at this address. */
  readonly movePrecompileToAddress?: string
}

export interface CallResult {
  /** The returned data, as `0x` and hex digits. */
  readonly output: string
  readonly gasUsed: bigint
}

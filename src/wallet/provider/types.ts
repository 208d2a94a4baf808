/** EIP-1193, as much of it as is spoken here, and what a provider is made of. Types only. */
import type { BlockHeader } from '../header.ts'

export interface RequestArguments {
  readonly method: string
  readonly params?: readonly unknown[] | object
}

/** Whatever answers requests of EIP-1193: a wallet's provider, a library's transport, an RPC endpoint behind a function. */
export interface Eip1193Requester {
  request(args: RequestArguments): Promise<unknown>
}

export interface Eip1193Provider extends Eip1193Requester {
  /**
   * `connect` is told once. Of a fallback `accountsChanged` is passed on, and `message` while it is on this chain. Nothing else
   * is told: the chain of a provider never changes, and reads go on when a wallet is gone. Throws `badArgument`.
   */
  on(event: string, listener: (...args: never[]) => void): this
  removeListener(event: string, listener: (...args: never[]) => void): this
}

export interface ProviderOptions {
  /**
   * Answers the methods that take more than state: what it says is trusted. Left out: they are error 4200. It is asked while it
   * is on the client's chain, and else they are error 4901, but for those that tell a wallet to go there. Who has an `on` is
   * asked for its chain again after `chainChanged`, `connect` and `disconnect`, and who has none before each request.
   */
  readonly fallback?: Eip1193Requester
  /** For `eth_call` and `eth_estimateGas`: `() => import('rootlight/evm')`. Left out: the fallback answers them. */
  readonly evm?: () => Promise<EvmModule>
  /** The rules by which calls run, by name (`cancun`); left out: those of the block on known chains, else the newest. */
  readonly hardfork?: string
  /**
   * What becomes of requests for a block that is not known (`pending`, `safe`, another number or hash): `refuse` them (the
   * default), or pass them on to the `fallback`, which is trusted then.
   */
  readonly otherBlocks?: 'refuse' | 'fallback'
}

/** `rootlight/evm`, or whatever else runs calls. Both reject with coded errors, and with what the state rejects with. */
export interface EvmModule {
  call(state: CallState, block: CallBlock, request: CallRequest, options: CallOptions): Promise<CallResult>
  estimateGas(state: CallState, block: CallBlock, request: CallRequest, options: CallOptions): Promise<bigint>
}

/** Verified reads of one state. Addresses are `0x` and 40 hex digits. */
export interface CallState {
  account(address: string): Promise<CallAccount | null>
  storage(address: string, slot: bigint): Promise<bigint>
  /** `0x` and hex digits. */
  code(address: string): Promise<string>
}

export interface CallAccount {
  readonly nonce: bigint
  readonly balance: bigint
  readonly storageRoot: string
  readonly codeHash: string
}

/** What is known of the block: `null` is not, and a call that asks for it fails. */
export interface CallBlock {
  readonly number: number | null
  readonly header: BlockHeader | null
}

export interface CallRequest {
  readonly from?: string
  /** Left out: creates a contract. */
  readonly to?: string
  readonly gas?: bigint
  readonly gasPrice?: bigint
  readonly maxFeePerGas?: bigint
  readonly maxPriorityFeePerGas?: bigint
  readonly value?: bigint
  /** `0x` and hex digits. */
  readonly data?: string
  readonly accessList?: readonly { readonly address: string; readonly storageKeys: readonly string[] }[]
  /** EIP-4844: the most that a unit of blob gas may cost. */
  readonly maxFeePerBlobGas?: bigint
  /** EIP-4844: `0x` and 64 hex digits each. */
  readonly blobVersionedHashes?: readonly string[]
  /** EIP-7702. */
  readonly authorizationList?: readonly CallAuthorization[]
}

/** An account's consent to run the code at `address`. One whose signature does not hold is passed over. */
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
  /** Ends the call: it rejects with `callAborted`. */
  readonly signal?: AbortSignal
}

/** What of the block is to be taken as other than it is. */
export interface BlockOverrides {
  readonly number?: bigint
  /** Of blocks from before the merge. */
  readonly difficulty?: bigint
  /** Seconds. */
  readonly time?: bigint
  readonly gasLimit?: bigint
  /** `0x` and 40 hex digits. */
  readonly feeRecipient?: string
  /** `0x` and 64 hex digits. */
  readonly prevRandao?: string
  readonly baseFeePerGas?: bigint
  readonly blobBaseFee?: bigint
}

/** By address, in lower case: what of the state is to be taken as other than it is. */
export type StateOverrides = ReadonlyMap<string, AccountOverride>

export interface AccountOverride {
  readonly nonce?: bigint
  readonly balance?: bigint
  /** `0x` and hex digits. */
  readonly code?: string
  /** The slots that there are, and no others. */
  readonly state?: ReadonlyMap<bigint, bigint>
  /** Slots that are other than they are; the rest stay. Never beside {@link state}. */
  readonly stateDiff?: ReadonlyMap<bigint, bigint>
  /** Where the precompile at this address is moved to. */
  readonly movePrecompileToAddress?: string
}

export interface CallResult {
  /** `0x` and hex digits. */
  readonly output: string
  readonly gasUsed: bigint
}

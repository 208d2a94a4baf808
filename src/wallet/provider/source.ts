/** What a provider needs of a light client: declared by the side that uses it. `LightClient` has this shape. */
import type { SyncProgress } from '../../sync/progress.ts'
import type { SlotNumber } from '../input.ts'
import type { CallAccount } from './types.ts'

/** A state that is trusted. */
export interface SourceState {
  /** `0x` and 64 hex digits, as is every hash here. */
  readonly root: string
  readonly blockNumber: number | null
  /** RLP of its block's header, checked; `null`: only the root is known. */
  readonly header: string | null
}

export interface SourceAnswer<T> {
  readonly root: string
  readonly value: T
}

export interface SourceProof {
  readonly address: string
  readonly nonce: bigint
  readonly balance: bigint
  readonly storageHash: string
  readonly codeHash: string
  readonly accountProof: readonly string[]
  readonly storageProof: readonly { readonly key: string; readonly value: bigint; readonly proof: readonly string[] }[]
}

/** `at` is a root: all reads of one request are of one state. */
export interface SourceReadOptions {
  readonly at: `0x${string}`
}

/** The states that are trusted. */
export interface SourceStatus {
  readonly complete: SourceState | null
  readonly target: SourceState | null
}

export interface ProviderSource {
  /** The sync that runs, as it was told last; `null`: none does. */
  readonly progress: SyncProgress | null
  status(): Promise<SourceStatus>
  getAccount(address: string, options: SourceReadOptions): Promise<SourceAnswer<CallAccount | null>>
  getStorageAt(address: string, slot: SlotNumber, options: SourceReadOptions): Promise<SourceAnswer<string>>
  getCode(address: string, options: SourceReadOptions): Promise<SourceAnswer<string>>
  getProof(
    address: string,
    slots: readonly SlotNumber[],
    options: SourceReadOptions,
  ): Promise<SourceAnswer<SourceProof>>
}

/** The parts of a light client needed by a provider, declared by the side using them. `LightClient` has this shape. */
import type { SyncProgress } from '../../sync/progress.ts'
import type { SlotNumber } from '../input.ts'
import type { CallAccount } from './types.ts'

/** A trusted state. */
export interface SourceState {
  /** The state root: `0x` and 64 hex digits, like every hash here. */
  readonly root: string
  readonly blockNumber: number | null
  /** The checked RLP of the block's header; `null` if only the root is known. */
  readonly header: string | null
}

/**
 * The answer of a read, with its root.
 * @internal exported for tests
 */
export interface SourceAnswer<T> {
  readonly root: string
  readonly value: T
}

interface SourceProof {
  readonly address: string
  readonly nonce: bigint
  readonly balance: bigint
  readonly storageHash: string
  readonly codeHash: string
  readonly accountProof: readonly string[]
  readonly storageProof: readonly { readonly key: string; readonly value: bigint; readonly proof: readonly string[] }[]
}

/** The options of a read. `at` is a root: all reads of one request use one state. */
interface SourceReadOptions {
  readonly at: `0x${string}`
}

/** The trusted states. */
export interface SourceStatus {
  readonly complete: SourceState | null
  readonly target: SourceState | null
}

export interface ProviderSource {
  /** The last reported progress of the running sync; `null` if none runs. */
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

/**
 * What an engine does, whichever thread it runs on: the commands, their answers, and what it tells by itself. All of it is
 * plain data that crosses a port.
 */
import type { PeerSnapshot } from '../network/peer-set.ts'
import type { ClosedReason } from '../store/connection.ts'
import type { PauseReason, StallReason, SyncProgress } from '../sync/progress.ts'
import type { PlainError } from './errors.ts'

/** How an engine is started. */
export interface EngineOptions {
  /** IndexedDB name. */
  readonly database: string
  readonly chainId: number
  /** Multiaddrs. */
  readonly peers: readonly string[]
}

/** A state to sync: `root` is `0x` and 64 hex digits. */
export interface SyncTarget {
  readonly root: string
  readonly blockNumber?: number
}

/** Which root a read is answered from: the last complete one, or the one that is being synced. */
export type ReadAt = 'complete' | 'target'

/** An answer, and the root (`0x` and 64 hex digits) that it was verified against. */
export interface Answer<T> {
  readonly root: string
  readonly value: T
}

/** An account. Hashes are `0x` and 64 hex digits. */
export interface AccountValue {
  readonly nonce: bigint
  readonly balance: bigint
  readonly storageRoot: string
  readonly codeHash: string
}

/** The state on disk that reads are answered from. */
export interface CompleteStatus {
  readonly root: string
  readonly blockNumber: number | null
  /** False once a part of it was found damaged: the rest is readable, and a sync to this root heals it. */
  readonly intact: boolean
}

/** What a verification has checked so far. `bytes` are of nodes and codes. */
export interface VerifyProgress {
  readonly nodes: number
  readonly bytes: number
  readonly accounts: number
  readonly slots: number
  readonly codes: number
  /** Pages and codes that were damaged, and have been dropped. */
  readonly damaged: number
  /** 0 to 1. */
  readonly fraction: number
}

/** What a verification has found. */
export interface VerifySummary extends Omit<VerifyProgress, 'fraction'> {
  /** `0x` and 64 hex digits. */
  readonly root: string
  /** Nodes on disk whose parent is not, so that nothing says what they must be: verify again after the next sync. */
  readonly unchecked: number
  /** True if every node and code of the state is on disk, and right. */
  readonly whole: boolean
}

/** The commands. `sync` settles when the sync has ended; its id is the caller's, and names it in events and `cancel`. */
export interface Engine {
  sync(id: number, target: SyncTarget): Promise<SyncProgress>
  cancel(id: number): Promise<void>
  /** There may be room on the disk again. */
  resume(id: number): Promise<void>
  getAccount(address: string, at: ReadAt | undefined): Promise<Answer<AccountValue | null>>
  getStorageAt(address: string, slot: bigint | number | string, at: ReadAt | undefined): Promise<Answer<string>>
  getCode(address: string, at: ReadAt | undefined): Promise<Answer<string>>
  /** Begins to write what is verified: the tab is hidden, and may be gone soon. */
  keep(): Promise<void>
  /** Ends the command with this id, other than a sync, if it runs. */
  abort(id: number): Promise<void>
  /** Checks everything of the last complete state. Its id is the caller's, and names it in events and `abort`. */
  verify(id: number): Promise<VerifySummary>
  status(): Promise<{ readonly complete: CompleteStatus | null }>
  close(): Promise<void>
}

export type EngineEvent =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: SyncProgress; readonly coverage: Float32Array }
  | { readonly kind: 'verifying'; readonly id: number; readonly progress: VerifyProgress }
  | { readonly kind: 'stalled'; readonly id: number; readonly reason: StallReason }
  | { readonly kind: 'paused'; readonly id: number; readonly reason: PauseReason; readonly error: PlainError }
  | {
      readonly kind: 'damaged'
      readonly generation: number
      /** The stretch of paths that was dropped. */
      readonly start: string
      readonly end: string
    }
  /** The database was closed for good, by something else than us. */
  | { readonly kind: 'storeClosed'; readonly reason: ClosedReason }
  | { readonly kind: 'peers'; readonly peers: readonly PeerSnapshot[] }

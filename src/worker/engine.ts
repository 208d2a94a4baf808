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
  status(): Promise<{ readonly complete: CompleteStatus | null }>
  close(): Promise<void>
}

export type EngineEvent =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: SyncProgress; readonly coverage: Float32Array }
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

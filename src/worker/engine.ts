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

/** Whether this tab writes to the database, or reads beside the one that does. */
export type TabRole = 'writer' | 'follower'

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

/** What one generation holds: the pages that were written for one root. */
export interface GenerationStorage {
  readonly generation: number
  /** `0x` and 64 hex digits. */
  readonly root: string
  readonly blockNumber: number | null
  /** True if everything under the root is there. */
  readonly complete: boolean
  /** In pages: nodes and their bytes. Paths and keys come on top, some hundredths. */
  readonly nodes: number
  readonly bytes: number
  readonly pages: number
  /** Pages that cover nothing: what a sync held when it was interrupted. */
  readonly loose: number
}

/** What the database holds, and what the browser says of its room. */
export interface StorageReport {
  /** The newest first. */
  readonly generations: readonly GenerationStorage[]
  /** All codes that are stored, and the bytes of those that were stored for one of these generations. */
  readonly codes: { readonly count: number; readonly bytes: number }
  /** Bytes in generations that are neither the last complete one nor the newest. */
  readonly deadBytes: number
  /** Bytes of everything that this origin stores, and the most that it may; `null` where the browser does not say. */
  readonly usage: number | null
  readonly quota: number | null
  /** True if the browser has promised to delete nothing by itself; `null` where it does not say. */
  readonly persisted: boolean | null
}

/** What an import has brought. `bytes` are of nodes and codes. */
export interface ImportSummary {
  /** `0x` and 64 hex digits. */
  readonly root: string
  readonly blockNumber: number | null
  readonly nodes: number
  readonly bytes: number
  readonly accounts: number
  readonly slots: number
  readonly codes: number
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
  /** Begins to write the last complete state as a file; `abort` ends it. */
  openExport(id: number): Promise<void>
  /** The next chunk of that file, which the caller owns; `null`: it has ended. */
  readExport(id: number): Promise<Uint8Array | null>
  /** Reads a file that comes through `feed`, in the place of a sync; `cancel` ends it. `null`: whatever root it is of. */
  import(id: number, root: string | null): Promise<ImportSummary>
  /** The next chunk of that file, `null` at its end. Resolves when the one before is used up; false: no more is wanted. */
  feed(id: number, chunk: Uint8Array | null): Promise<boolean>
  /** What is stored, without reading any of it. */
  storage(): Promise<StorageReport>
  /** Ends everything that runs and deletes everything; the engine stays usable. */
  wipe(): Promise<void>
  status(): Promise<{ readonly complete: CompleteStatus | null }>
  role(): Promise<TabRole>
  close(): Promise<void>
}

export type EngineEvent =
  | {
      readonly kind: 'progress'
      /** `null`: of a sync that this client did not ask for, or another tab's. */
      readonly id: number | null
      readonly progress: SyncProgress
      readonly coverage: Float32Array
    }
  | { readonly kind: 'stalled'; readonly id: number | null; readonly reason: StallReason }
  | { readonly kind: 'paused'; readonly id: number | null; readonly reason: PauseReason; readonly error: PlainError }
  | { readonly kind: 'verifying'; readonly id: number; readonly progress: VerifyProgress }
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
  /** It has changed. */
  | { readonly kind: 'role'; readonly role: TabRole }

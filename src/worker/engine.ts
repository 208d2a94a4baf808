/**
 * What an engine does, whichever thread it runs on: the commands, their answers, and what it tells by itself. All of it is
 * plain data that crosses a port.
 */
import type { PeerSnapshot } from '../network/peers/peer-set.ts'
import type { ErrorDetails } from '../runtime/error.ts'
import type { ClosedReason } from '../store/database/connection.ts'
import type { Damage } from '../store/generations/damage.ts'
import type { GenerationStorage as StoreGenerationStorage, StoreStorage } from '../store/walks/measure-storage.ts'
import type { VerifySummary as StoreVerifySummary, VerifyProgress } from '../store/walks/verify-state.ts'
import type { PauseReason, StallReason, SyncProgress } from '../sync/progress.ts'
import type { ProofInput, ScopeInput, SlotNumber } from '../wallet/input.ts'
import type { Quota } from './engine/quota.ts'
import type { PlainError } from './errors.ts'

/** How an engine is started. */
export interface EngineOptions {
  /** IndexedDB name. */
  readonly database: string
  readonly chainId: number
  /** Multiaddrs. */
  readonly peers: readonly string[]
  /** What other tabs may have of this one; `null`: nothing. */
  readonly serve: ServeLimits | null
  /** True: a note of each decision goes to the window, see `trace.ts`. Left out: none. */
  readonly isTraced?: boolean
}

/** What a tab gives to others. */
export interface ServeLimits {
  readonly uploadBytesPerSecond: number
  /** Requests of all others that are answered at a time. */
  readonly maxRequests: number
  /** Whether to go on while the page is hidden. */
  readonly whileHidden: boolean
  /** Whether to go on where the browser says that the user pays for the bytes, or wants to save them. */
  readonly onMetered: boolean
}

/** A state to sync, or the part of it that a wallet watches: what is trusted of it is its root, or the hash of its block. */
export interface SyncTarget extends ScopeInput {
  /** `0x` and 64 hex digits; left out where there is a `block`. */
  readonly root?: string
  /** Of the block with this root, if the application knows it. */
  readonly blockNumber?: number
  /** Hash of a block, `0x` and 64 hex digits: root, number and whatever else calls need are its header's. */
  readonly block?: string
  /** RLP of that header, `0x` and hex digits, checked by the hash; left out: a peer is asked for it. */
  readonly header?: string
}

/**
 * Which root a read is answered from: the last complete one, the one that is being synced (or was to be, last), or one that
 * the application trusts, as `0x` and 64 hex digits.
 */
export type ReadAt = 'complete' | 'target' | `0x${string}`

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

/**
 * An account and slots of it with their proofs, as EIP-1186 has them. Nodes are RLP as `0x` and hex digits, from the root down;
 * the empty trie has the one node `0x80`. An account that is proven absent has the values of an empty one.
 */
export interface ProofValue {
  readonly address: string
  readonly nonce: bigint
  readonly balance: bigint
  readonly storageHash: string
  readonly codeHash: string
  readonly accountProof: readonly string[]
  readonly storageProof: readonly SlotProofValue[]
}

/** `key` is the slot's number as `0x` and 64 hex digits. */
export interface SlotProofValue {
  readonly key: string
  readonly value: bigint
  readonly proof: readonly string[]
}

/** A state that the application trusts. */
export interface TargetStatus {
  readonly root: string
  readonly blockNumber: number | null
  /** The header of its block as RLP, `0x` and hex digits, checked by its hash; `null`: only the root is known. */
  readonly header: string | null
  /** False: it is the part of the state that was synced; what is outside of it is fetched when it is read. */
  readonly whole: boolean
}

/** The state on disk that reads are answered from. */
export interface CompleteStatus extends TargetStatus {
  /** False once a part of it was found damaged: the rest is readable, and a sync to this root heals it. */
  readonly intact: boolean
}

/** What the client knows. */
export interface ClientStatus {
  /** The last state that was complete; `null`: none was yet. */
  readonly complete: CompleteStatus | null
  /** The state that was to be synced last, complete or not; `null`: none ever was. */
  readonly target: TargetStatus | null
}

export type { VerifyProgress }

/** What a verification has found, the root as `0x` and 64 hex digits. */
export type VerifySummary = WithHexRoot<StoreVerifySummary>

/** What one generation holds: the pages that were written for one root. */
export type GenerationStorage = WithHexRoot<StoreGenerationStorage>

/** What the database holds, and what the browser says of its room. */
export interface StorageReport extends Omit<StoreStorage, 'generations'>, Quota {
  /** The newest first. */
  readonly generations: readonly GenerationStorage[]
}

type WithHexRoot<T> = Omit<T, 'root'> & { readonly root: string }

/** A state of which a file is written: with the chain, all that its bytes depend on. */
export interface ExportedState {
  /** `0x` and 64 hex digits. */
  readonly root: string
  readonly blockNumber: number | null
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
  /** Ends the sync, for all tabs that share it. */
  cancel(id: number): Promise<void>
  /** The caller wants the sync no more: its `sync` rejects with `cancelled`. The sync ends with the last tab that wants it. */
  leave(id: number): Promise<void>
  /** There may be room on the disk again. */
  resume(id: number): Promise<void>
  getAccount(address: string, at: ReadAt | undefined): Promise<Answer<AccountValue | null>>
  getStorageAt(address: string, slot: SlotNumber, at: ReadAt | undefined): Promise<Answer<string>>
  getCode(address: string, at: ReadAt | undefined): Promise<Answer<string>>
  getProof(address: string, slots: readonly SlotNumber[], at: ReadAt | undefined): Promise<Answer<ProofValue>>
  /** Checks a proof, keeps its nodes, and answers with what they prove. */
  addProof(proof: ProofInput, at: ReadAt | undefined): Promise<Answer<ProofValue>>
  /** Begins to write what is verified: the tab is hidden, and may be gone soon. */
  keep(): Promise<void>
  /** Ends the command with this id, other than a sync, if it runs. */
  abort(id: number): Promise<void>
  /** Checks everything of the last complete state. Its id is the caller's, and names it in events and `abort`. */
  verify(id: number): Promise<VerifySummary>
  /** Which state will be written as a file: the last complete one. Its id is the caller's; `abort` ends it. */
  openExport(id: number): Promise<ExportedState>
  /**
   * The next chunk of that file, which begins at its byte `at` and which the caller owns; `null`: it has ended. Whoever
   * writes to the database when it is asked goes on from there, whatever became of the one before.
   */
  readExport(id: number, state: ExportedState, at: number): Promise<Uint8Array | null>
  /** Reads a file that comes through `feed`, in the place of a sync; `cancel` ends it. `null`: whatever root it is of. */
  import(id: number, root: string | null): Promise<ImportSummary>
  /**
   * The next chunk of that file, which begins at its byte `at`; `null` at its end. Resolves when the one before is used up;
   * false: no more is wanted. To an engine that has not had what comes before `at`, the import rejects with `importCutOff`.
   */
  feed(id: number, at: number, chunk: Uint8Array | null): Promise<boolean>
  /** What is stored, without reading any of it. */
  storage(): Promise<StorageReport>
  /** Ends everything that runs and deletes everything; the engine stays usable. */
  wipe(): Promise<void>
  status(): Promise<ClientStatus>
  /**
   * The same, once it is known what a sync that was asked for is about: right behind `sync` its target may be on nobody's disk
   * yet, and of a block its header has to come first. Waits no longer than a read does: rejects with `notSynced` then.
   */
  settledStatus(): Promise<ClientStatus>
  role(): Promise<TabRole>
  close(): Promise<void>
}

export type EngineMethod = keyof Engine

const METHODS: Readonly<Record<EngineMethod, true>> = {
  sync: true,
  cancel: true,
  leave: true,
  resume: true,
  getAccount: true,
  getStorageAt: true,
  getCode: true,
  getProof: true,
  addProof: true,
  keep: true,
  abort: true,
  verify: true,
  openExport: true,
  readExport: true,
  import: true,
  feed: true,
  storage: true,
  wipe: true,
  status: true,
  settledStatus: true,
  role: true,
  close: true,
}

/** Every method by name, for code that hands calls on. */
export const ENGINE_METHODS = Object.keys(METHODS) as readonly EngineMethod[]

export type EngineEvent =
  | {
      readonly kind: 'progress'
      /** `null`: of a sync that this client did not ask for, or another tab's. */
      readonly id: number | null
      readonly progress: SyncProgress
      readonly coverage: Float32Array
    }
  | {
      readonly kind: 'stalled'
      readonly id: number | null
      readonly reason: StallReason
      /** As in {@link SyncProgress}. */
      readonly details: ErrorDetails | null
    }
  | { readonly kind: 'paused'; readonly id: number | null; readonly reason: PauseReason; readonly error: PlainError }
  | { readonly kind: 'verifying'; readonly id: number; readonly progress: VerifyProgress }
  | { readonly kind: 'damaged'; readonly damage: Damage }
  /** The database was closed for good, by something else than us. */
  | { readonly kind: 'storeClosed'; readonly reason: ClosedReason }
  | { readonly kind: 'peers'; readonly peers: readonly PeerSnapshot[] }
  /** It has changed. */
  | { readonly kind: 'role'; readonly role: TabRole }

/**
 * The contract of an engine on any thread: its methods, their answers, and its events. Everything is plain data that
 * crosses a port.
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

/** Options for opening an engine. */
export interface EngineOptions {
  /** IndexedDB name. */
  readonly database: string
  readonly chainId: number
  /** Multiaddrs. */
  readonly peers: readonly string[]
  /** The limits of serving other tabs; `null`: none is served. */
  readonly serve: ServeLimits | null
  /** True: a note of each decision goes to the window, see `trace.ts`. Left out: none. */
  readonly isTraced?: boolean
}

/** Limits on serving other tabs. */
export interface ServeLimits {
  readonly uploadBytesPerSecond: number
  /** Requests of all other tabs answered at a time. */
  readonly maxRequests: number
  /** Whether to go on while the page is hidden. */
  readonly whileHidden: boolean
  /** Whether to go on if, by the browser's word, the user pays for bytes or wants to save data. */
  readonly onMetered: boolean
}

/**
 * A state to sync, or the part of a state watched by a wallet. The caller trusts the root, or the hash of the block.
 */
export interface SyncTarget extends ScopeInput {
  /** `0x` and 64 hex digits; left out where there is a `block`. */
  readonly root?: string
  /** The number of the block with this root, if known to the application. */
  readonly blockNumber?: number
  /**
   * The hash of a block, `0x` and 64 hex digits. Its header gives the root, the number, and everything else needed by
   * calls.
   */
  readonly block?: string
  /** RLP of the block's header, `0x` and hex digits, checked by the hash; left out: a peer is asked for the header. */
  readonly header?: string
}

/**
 * The root to read from: the last complete one, the one being synced (or to be synced, last), or a root trusted by the
 * application, as `0x` and 64 hex digits.
 */
export type ReadAt = 'complete' | 'target' | `0x${string}`

/** Whether this tab writes to the database, or reads beside the writer. */
export type TabRole = 'writer' | 'follower'

/** A value, and the root (`0x` and 64 hex digits) against which the value was verified. */
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
 * An account and some of its slots with their proofs, in the form of EIP-1186. Nodes are RLP as `0x` and hex digits,
 * from the root down; the empty trie has the one node `0x80`. An account proven absent has the values of an empty
 * account.
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

/** A slot with its proof. `key` is the slot's number as `0x` and 64 hex digits. */
export interface SlotProofValue {
  readonly key: string
  readonly value: bigint
  readonly proof: readonly string[]
}

/** A state trusted by the application. */
export interface TargetStatus {
  readonly root: string
  readonly blockNumber: number | null
  /**
   * The header of the state's block as RLP, `0x` and hex digits, checked by the block's hash; `null`: only the root is
   * known.
   */
  readonly header: string | null
  /** False: only a part of the state was synced; reads outside the part fetch from peers. */
  readonly whole: boolean
}

/** The state on disk from which reads are answered. */
export interface CompleteStatus extends TargetStatus {
  /** False once a part was found damaged: the rest is readable, and a sync to this root heals the damage. */
  readonly intact: boolean
}

/** The states known to the client. */
export interface ClientStatus {
  /** The last complete state; `null`: none was complete yet. */
  readonly complete: CompleteStatus | null
  /** The target of the last sync, complete or not; `null`: no sync ever ran. */
  readonly target: TargetStatus | null
}

export type { VerifyProgress }

/** The findings of a verification, the root as `0x` and 64 hex digits. */
export type VerifySummary = WithHexRoot<StoreVerifySummary>

/** The size of one generation: the pages written for one root. */
export type GenerationStorage = WithHexRoot<StoreGenerationStorage>

/** The contents of the database, and the room granted by the browser. */
export interface StorageReport extends Omit<StoreStorage, 'generations'>, Quota {
  /** Generations, the newest first. */
  readonly generations: readonly GenerationStorage[]
}

type WithHexRoot<T> = Omit<T, 'root'> & { readonly root: string }

/** A state written as a file. Root, number and chain determine every byte of the file. */
export interface ExportedState {
  /** `0x` and 64 hex digits. */
  readonly root: string
  readonly blockNumber: number | null
}

/** The result of an import. `bytes` counts nodes and codes. */
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

/**
 * The methods of an engine. `sync` settles when the sync has ended. The caller chooses the id, which names the sync in
 * events and in `cancel`.
 */
export interface Engine {
  sync(id: number, target: SyncTarget): Promise<SyncProgress>
  /** Ends the sync for all tabs sharing the sync. */
  cancel(id: number): Promise<void>
  /**
   * Gives up the caller's share of a sync: the caller's `sync` rejects with `cancelled`. The sync ends when the last
   * tab has left.
   */
  leave(id: number): Promise<void>
  /** Tries the paused writes again: there may be room on the disk. */
  resume(id: number): Promise<void>
  getAccount(address: string, at: ReadAt | undefined): Promise<Answer<AccountValue | null>>
  getStorageAt(address: string, slot: SlotNumber, at: ReadAt | undefined): Promise<Answer<string>>
  getCode(address: string, at: ReadAt | undefined): Promise<Answer<string>>
  getProof(address: string, slots: readonly SlotNumber[], at: ReadAt | undefined): Promise<Answer<ProofValue>>
  /** Checks a proof, keeps its nodes, and answers with the proven values. */
  addProof(proof: ProofInput, at: ReadAt | undefined): Promise<Answer<ProofValue>>
  /** Begins to write verified nodes: the tab is hidden, and may be gone soon. */
  keep(): Promise<void>
  /** Ends the running command with this id, other than a sync. */
  abort(id: number): Promise<void>
  /**
   * Checks everything of the last complete state. The caller chooses the id, which names the command in events and in
   * `abort`.
   */
  verify(id: number): Promise<VerifySummary>
  /**
   * Returns the state to be written as a file: the last complete one. The caller chooses the id; `abort` ends the
   * export.
   */
  openExport(id: number): Promise<ExportedState>
  /**
   * Returns the chunk of the file beginning at byte `at`, owned by the caller; `null`: the file has ended. Any writer
   * can answer, whatever became of the writer before.
   */
  readExport(id: number, state: ExportedState, at: number): Promise<Uint8Array | null>
  /**
   * Reads in a file which comes through `feed`, in the place of a sync; `cancel` ends the import. `root` `null`: any
   * root is accepted.
   */
  import(id: number, root: string | null): Promise<ImportSummary>
  /**
   * Gives the chunk of the file beginning at byte `at`; `null` at the end. Resolves when the previous chunk is used up;
   * false: no more is wanted. If the engine has not had the bytes before `at`, the import rejects with `importCutOff`.
   */
  feed(id: number, at: number, chunk: Uint8Array | null): Promise<boolean>
  /** Reports the contents of the database, without reading any page or code. */
  storage(): Promise<StorageReport>
  /** Ends everything running and deletes everything; the engine stays usable. */
  wipe(): Promise<void>
  status(): Promise<ClientStatus>
  /**
   * Returns the status once the target of a sync just asked for is known. Right behind `sync` the target may be on no
   * disk yet, and the header of a block comes first. Waits no longer than a read: rejects with `notSynced` then.
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
      /** `null`: the sync is another tab's, or no call of this client waits for the sync. */
      readonly id: number | null
      readonly progress: SyncProgress
      readonly coverage: Float32Array
    }
  | {
      readonly kind: 'stalled'
      readonly id: number | null
      readonly reason: StallReason
      /** The details of {@link SyncProgress}. */
      readonly details: ErrorDetails | null
    }
  | { readonly kind: 'paused'; readonly id: number | null; readonly reason: PauseReason; readonly error: PlainError }
  | { readonly kind: 'verifying'; readonly id: number; readonly progress: VerifyProgress }
  | { readonly kind: 'damaged'; readonly damage: Damage }
  /** The database was closed for good, and not by this engine. */
  | { readonly kind: 'storeClosed'; readonly reason: ClosedReason }
  | { readonly kind: 'peers'; readonly peers: readonly PeerSnapshot[] }
  /** The role of this tab has changed. */
  | { readonly kind: 'role'; readonly role: TabRole }

/** The options of an import, and of a data directory. */
import type { ServerError } from './error.ts'
import type { VerifyOptions } from './options.ts'
import type { StateDatabase } from './state-database.ts'
import type { StateRecords } from './state-record.ts'

/** The progress of an import. `total` is known once all records have been read. */
export type ImportProgress =
  | { readonly phase: 'reading'; readonly records: number }
  | { readonly phase: 'building'; readonly records: number; readonly total: number }

/** The options of `importState`. */
export interface ImportOptions {
  readonly database: StateDatabase
  readonly records: StateRecords
  /** See `StateInfo`. */
  readonly label: string
  /** Called once all records have been read, because a genesis file names the chain somewhere inside. */
  readonly chainId?: () => number | undefined
  /** Called at the same time with the computed root. Returns the RLP of the header of the state's block. */
  readonly header?: (root: Uint8Array) => Uint8Array | undefined
  /** The required root, 64 hex digits. Left out: any. */
  readonly expectedRoot?: string
  /** A directory for the sorter. Records beyond the memory go into a directory of their own inside. */
  readonly scratchDirectory: string
  readonly sortMemoryBytes?: number
  /** Called every few thousand records, and at the end. */
  readonly onProgress?: (progress: ImportProgress) => void
  readonly signal?: AbortSignal
}

/** A wanted state: a known genesis by name, a genesis file by path, or a synthetic state. */
export type WantedState =
  | { readonly genesis: string; readonly root?: string }
  | { readonly generate: { readonly accounts: number; readonly seed: number } }

export interface OpenOptions extends VerifyOptions {
  /** True: the directory must exist already, and opening creates nothing. */
  readonly mustExist?: boolean
  /**
   * Repairs a database that cannot be opened, from all readable data. `StateDirectory.ensure` restores the rest.
   */
  readonly repair?: boolean
  /** Called for each damaged state, which is then left out or imported again. */
  readonly onDamage?: (error: ServerError) => void
}

/** The options of `StateDirectory.ensure`. */
export interface EnsureOptions extends VerifyOptions {
  /** Called during an import, every few thousand records. */
  readonly onProgress?: (progress: ImportProgress) => void
  /** Verifies an existing state in full, and imports a damaged one again. */
  readonly verify?: boolean
}

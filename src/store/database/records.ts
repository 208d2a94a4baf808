/**
 * What the store needs of a database: four maps in key order, single reads, and writes that are atomic. IndexedDB and
 * the in-memory twin implement it; generations, coverage, commits and repair are written once, above it.
 */

import type { Operation, RecordStore, RecordTypes } from '../format/record-types.ts'

/** `strict`: on disk when the promise resolves; `relaxed`: handed to the operating system. */
export type Durability = 'strict' | 'relaxed'

export interface Records {
  /** The value under `key` as it was read back, unchecked; `undefined` if there is none, or none that can be read. */
  get<S extends RecordStore>(store: S, key: RecordTypes[S]['key']): Promise<unknown>

  /** All keys of a store, in order. */
  keys<S extends RecordStore>(store: S): Promise<RecordTypes[S]['key'][]>

  /**
   * Does all operations in their order, or none; without any, it does nothing at all. The bytes are copied before this
   * returns. Rejects with `quotaExceeded`,
   * `databaseClosed`, `databaseFailed`, or `fenced`.
   */
  write(operations: readonly Operation[], durability: Durability): Promise<void>

  /** Lets go of the database; whatever is asked for later rejects with `databaseClosed`. May be called twice. */
  close(): void
}

/**
 * The contract between the store and a database: four maps in key order, single reads, and atomic writes. IndexedDB and
 * the in-memory twin implement the contract. Generations, coverage, commits and repair are written once, above.
 */

import type { Operation, RecordStore, RecordTypes } from '../format/record-types.ts'

/** `strict`: on disk when the promise resolves; `relaxed`: handed to the operating system. */
export type Durability = 'strict' | 'relaxed'

export interface Records {
  /** Reads the value under `key`, unchecked. Resolves with `undefined` for a missing or unreadable value. */
  get<S extends RecordStore>(store: S, key: RecordTypes[S]['key']): Promise<unknown>

  /** Lists the keys of a store, in order. */
  keys<S extends RecordStore>(store: S): Promise<RecordTypes[S]['key'][]>

  /**
   * Does all operations in their order, or none. An empty list does nothing at all. The bytes are copied before the
   * call returns. Rejects with `quotaExceeded`, `databaseClosed`, `databaseFailed`, or `fenced`.
   */
  write(operations: readonly Operation[], durability: Durability): Promise<void>

  /** Lets go of the database; later calls reject with `databaseClosed`. May be called twice. */
  close(): void
}

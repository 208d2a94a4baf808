/**
 * What the store needs of a database: four maps in key order, single reads, and writes that are atomic. IndexedDB and
 * the in-memory twin implement it; generations, coverage, commits and repair are written once, above it.
 */

/** Keys of `meta` are strings; all others are bytes, in byte order. */
export interface RecordTypes {
  pages: { key: Uint8Array; value: Uint8Array }
  codes: { key: Uint8Array; value: Uint8Array }
  wanted: { key: Uint8Array; value: number }
  meta: { key: string; value: MetaValue }
}

export type RecordStore = keyof RecordTypes

/** Plain data, as the structured clone algorithm takes it. What comes back from disk is `unknown` until it was checked. */
export type MetaValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly MetaValue[]
  | { readonly [name: string]: MetaValue }

export const RECORD_STORES: readonly RecordStore[] = ['pages', 'codes', 'wanted', 'meta']

export type Put = {
  [S in RecordStore]: { kind: 'put'; store: S; key: RecordTypes[S]['key']; value: RecordTypes[S]['value'] }
}
export type Delete = { [S in RecordStore]: { kind: 'delete'; store: S; key: RecordTypes[S]['key'] } }

/** A condition, ahead of all else: the whole write is refused, with `fenced`, unless this number stands under the key. */
export type Expect = { kind: 'expect'; store: 'meta'; key: string; value: number }

/** One step of a write. */
export type Operation = Put[RecordStore] | Delete[RecordStore] | { kind: 'clear'; store: RecordStore } | Expect

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

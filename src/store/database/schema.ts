/** The object stores of the database, as `idb` types them; how they come to be: `migrations.ts`. */
import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb'
import type { RecordTypes } from '../format/record-types.ts'

/** Binary keys are written as any view and come back as `ArrayBuffer`s. */
type BinaryKey = Uint8Array<ArrayBuffer> | ArrayBuffer

export interface StateSchema extends DBSchema {
  /** Key: see `page-key.ts`. Value: the page's entries, a front-coded sequence. */
  pages: { key: BinaryKey; value: RecordTypes['pages']['value'] }
  /** The keys of `pages`, each written and deleted with its page; the value says nothing. */
  pageKeys: { key: BinaryKey; value: 1 }
  /** Key: keccak-256 of the value. */
  codes: { key: BinaryKey; value: RecordTypes['codes']['value'] }
  /** Key: see `wanted-key.ts`. The value says nothing. */
  wanted: { key: BinaryKey; value: RecordTypes['wanted']['value'] }
  /** Keys and values: see `generation-record.ts`. */
  meta: { key: string; value: RecordTypes['meta']['value'] }
  /** One record, which a wipe leaves: it is about the database, not about what is in it. */
  identity: { key: typeof IDENTITY_KEY; value: Identity }
}

export type StateDatabase = IDBPDatabase<StateSchema>

/** The transaction of an upgrade, which sees all object stores. */
export type StateUpgrade = IDBPTransaction<StateSchema, StoreNames<StateSchema>[], 'versionchange'>

/** Where the one record of `identity` stands. */
export const IDENTITY_KEY = 'this'

/** Which database this is. */
export interface Identity {
  /** Random, made with the database, or when it was first opened by a version that knows of it. */
  readonly id: string
  /** When that was: milliseconds since 1970, by this machine's clock. */
  readonly since: number
}

/** The object stores of the database, typed for `idb`. `migrations.ts` creates them. */
import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb'
import type { RecordTypes } from '../format/record-types.ts'

/** Binary keys are written as any view and read back as `ArrayBuffer`s. */
type BinaryKey = Uint8Array<ArrayBuffer> | ArrayBuffer

export interface StateSchema extends DBSchema {
  /** Key: see `page-key.ts`. Value: the page's entries, a front-coded sequence. */
  pages: { key: BinaryKey; value: RecordTypes['pages']['value'] }
  /** The keys of `pages`, each written and deleted with its page. The value means nothing. */
  pageKeys: { key: BinaryKey; value: 1 }
  /** Key: keccak-256 of the value. */
  codes: { key: BinaryKey; value: RecordTypes['codes']['value'] }
  /** Key: see `wanted-key.ts`. The value means nothing. */
  wanted: { key: BinaryKey; value: RecordTypes['wanted']['value'] }
  /** Keys and values: see `meta.ts` and `generation-record.ts`. */
  meta: { key: string; value: RecordTypes['meta']['value'] }
  /** One record about the database itself. A wipe keeps the record. */
  identity: { key: typeof IDENTITY_KEY; value: Identity }
}

export type StateDatabase = IDBPDatabase<StateSchema>

/** The transaction of an upgrade, with access to all object stores. */
export type StateUpgrade = IDBPTransaction<StateSchema, StoreNames<StateSchema>[], 'versionchange'>

/** The key of the one record in `identity`. */
export const IDENTITY_KEY = 'this'

/** The identity of a database. */
interface Identity {
  /** Random; made with the database, or at the first opening by a version with identities. */
  readonly id: string
  /** The time of making the id: milliseconds since 1970, by this machine's clock. */
  readonly since: number
}

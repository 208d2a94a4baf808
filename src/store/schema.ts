/** The object stores of the database, as `idb` types them, and how they come to be. */
import type { DBSchema, IDBPDatabase } from 'idb'
import { INITIAL_META } from './generation-record.ts'
import type { RecordTypes } from './records.ts'

/** Binary keys are written as any view and come back as `ArrayBuffer`s. */
type BinaryKey = Uint8Array<ArrayBuffer> | ArrayBuffer

export interface StateSchema extends DBSchema {
  /** Key: see `page-key.ts`. Value: the page's entries, a front-coded sequence. */
  pages: { key: BinaryKey; value: RecordTypes['pages']['value'] }
  /** Key: keccak-256 of the value. */
  codes: { key: BinaryKey; value: RecordTypes['codes']['value'] }
  /** Key: see `wanted-key.ts`. The value says nothing. */
  wanted: { key: BinaryKey; value: RecordTypes['wanted']['value'] }
  /** Keys and values: see `generation-record.ts`. */
  meta: { key: string; value: RecordTypes['meta']['value'] }
}

export type StateDatabase = IDBPDatabase<StateSchema>

/** Makes the object stores; runs inside the upgrade transaction. */
export function createStores(database: StateDatabase): void {
  database.createObjectStore('pages')
  database.createObjectStore('codes')
  database.createObjectStore('wanted')
  const meta = database.createObjectStore('meta')
  // A failed request aborts the upgrade, and the opening rejects with its error.
  for (const operation of INITIAL_META) {
    if (operation.kind === 'put' && operation.store === 'meta') void meta.put(operation.value, operation.key)
  }
}

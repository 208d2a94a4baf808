/** The shapes of the records in the database, and the steps of a write. */

/** The keys and values of each store. Keys of `meta` are strings; all others are bytes, in byte order. */
export interface RecordTypes {
  pages: { key: Uint8Array; value: Uint8Array }
  codes: { key: Uint8Array; value: Uint8Array }
  wanted: { key: Uint8Array; value: number }
  meta: { key: string; value: MetaValue }
}

export type RecordStore = keyof RecordTypes

/** Plain data for the structured clone algorithm. A value read from disk is `unknown` until checked. */
export type MetaValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly MetaValue[]
  | { readonly [name: string]: MetaValue }

export const RECORD_STORES: readonly RecordStore[] = ['pages', 'codes', 'wanted', 'meta']

type Put = {
  [S in RecordStore]: { kind: 'put'; store: S; key: RecordTypes[S]['key']; value: RecordTypes[S]['value'] }
}
type Delete = { [S in RecordStore]: { kind: 'delete'; store: S; key: RecordTypes[S]['key'] } }

/** A condition ahead of all else: unless this number stands under the key, the whole write is refused with `fenced`. */
type Expect = { kind: 'expect'; store: 'meta'; key: string; value: number }

/** One step of a write. */
export type Operation = Put[RecordStore] | Delete[RecordStore] | { kind: 'clear'; store: RecordStore } | Expect

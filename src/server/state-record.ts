/**
 * A state as its parts arrive: accounts and slots in any order, so that a contract of any size never has to be held. The
 * importer sorts them.
 */

/** One account without its storage. `address` is 20 bytes. */
export interface AccountRecord {
  readonly kind: 'account'
  readonly address: Uint8Array
  readonly nonce: bigint
  readonly balance: bigint
  readonly code?: Uint8Array
}

/** One slot of one account. A value of zero says nothing: it is not stored. */
export interface SlotRecord {
  readonly kind: 'slot'
  readonly address: Uint8Array
  readonly slot: bigint
  readonly value: bigint
}

export type StateRecord = AccountRecord | SlotRecord

/** Each account once, each slot once, slots of accounts that are there too; in any order. */
export type StateRecords = Iterable<StateRecord> | AsyncIterable<StateRecord>

/** An account with all of its storage, for states that fit into memory. */
export interface AccountDescription {
  readonly address: Uint8Array
  readonly nonce: bigint
  readonly balance: bigint
  readonly code?: Uint8Array
  readonly slots: readonly (readonly [slot: bigint, value: bigint])[]
}

/** The records of accounts. */
export function* recordsOf(accounts: Iterable<AccountDescription>): Generator<StateRecord> {
  for (const { address, nonce, balance, code, slots } of accounts) {
    yield { kind: 'account', address, nonce, balance, ...(code === undefined ? {} : { code }) }
    for (const [slot, value] of slots) yield { kind: 'slot', address, slot, value }
  }
}

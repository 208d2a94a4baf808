/**
 * A state as separate records of accounts and slots in any order, so even the largest contract is never held in memory.
 * The importer sorts the records.
 */

import { badArgument, reading } from '../wallet/plain.ts'

/** One account without its storage. `address` is 20 bytes. */
export interface AccountRecord {
  readonly kind: 'account'
  readonly address: Uint8Array
  readonly nonce: bigint
  readonly balance: bigint
  readonly code?: Uint8Array
}

/** One slot of one account. A slot with the value zero is not stored. */
export interface SlotRecord {
  readonly kind: 'slot'
  readonly address: Uint8Array
  readonly slot: bigint
  readonly value: bigint
}

/** An account or a slot. */
export type StateRecord = AccountRecord | SlotRecord

/** Each account once, and each slot once, in any order. The account of each slot must be among the records. */
export type StateRecords = Iterable<StateRecord> | AsyncIterable<StateRecord>

/** An account with its whole storage, for states fitting into memory. */
export interface AccountDescription {
  readonly address: Uint8Array
  readonly nonce: bigint
  readonly balance: bigint
  readonly code?: Uint8Array
  readonly slots: readonly (readonly [slot: bigint, value: bigint])[]
}

/** Yields the records of accounts. Throws `badArgument` at once, or on meeting an invalid account. */
export function recordsOf(accounts: Iterable<AccountDescription>): Generator<StateRecord> {
  return eachRecordOf(checkIterable('accounts', accounts))
}

function* eachRecordOf(accounts: Iterable<AccountDescription>): Generator<StateRecord> {
  for (const account of accounts) {
    const { address, nonce, balance, code, slots } = checked('an account', DESCRIPTION, account, isDescription)
    yield { kind: 'account', address, nonce, balance, ...(code === undefined ? {} : { code }) }
    for (const [slot, value] of slots) yield { kind: 'slot', address, slot, value }
  }
}

const RECORD = 'an account or a slot of one, with an address of 20 bytes and its numbers as bigints'
const DESCRIPTION = 'an account, with an address of 20 bytes, its numbers as bigints, and its slots'

/** Yields the same records. Throws `badArgument` on meeting an invalid one. */
export function checkedRecords(records: StateRecords): StateRecords {
  return Symbol.asyncIterator in records ? eachLater(records) : each(records)
}

/**
 * Checks each record of a sync iterable. Iterating it with `for await` would look for a promise in each record, and an
 * invalid record may throw then.
 */
function* each(records: Iterable<StateRecord>): Generator<StateRecord> {
  for (const record of records) yield checkRecord(record)
}

async function* eachLater(records: AsyncIterable<StateRecord>): AsyncGenerator<StateRecord> {
  for await (const record of records) yield checkRecord(record)
}

function checkRecord(record: StateRecord): StateRecord {
  return checked('a record', RECORD, record, isRecord)
}

/** Returns `value` if it is an iterable other than a text. Throws `badArgument`. */
export function checkIterable<T>(name: string, value: T, { isAsync = false } = {}): T {
  const expected = isAsync ? 'an iterable, or an async one' : 'an iterable'
  const isIterable = reading(name, expected, value, () => {
    if (typeof value !== 'object' || value === null) return false
    const { [Symbol.iterator]: each, [Symbol.asyncIterator]: eachLater } = value as Partial<
      Iterable<unknown> & AsyncIterable<unknown>
    >
    return typeof each === 'function' || (isAsync && typeof eachLater === 'function')
  })
  if (!isIterable) throw badArgument(name, expected, value)
  return value
}

/**
 * Returns `value` if `isRight` holds. Called millions of times, so nothing is allocated for a valid value. Getters may
 * throw.
 */
function checked<T>(name: string, expected: string, value: T, isRight: (value: T) => boolean): T {
  let cause: unknown
  try {
    if (isRight(value)) return value
  } catch (error) {
    cause = error
  }
  throw badArgument(name, expected, value, cause)
}

function isRecord(record: StateRecord): boolean {
  if (record.kind === 'slot') return isAddress(record.address) && isAmount(record.slot) && isAmount(record.value)
  return record.kind === 'account' && isAccount(record)
}

function isDescription(account: AccountDescription): boolean {
  return isAccount(account) && Array.isArray(account.slots) && account.slots.every(isSlot)
}

function isAccount({ address, nonce, balance, code }: Omit<AccountRecord, 'kind'>): boolean {
  return (
    isAddress(address) && isAmount(nonce) && isAmount(balance) && (code === undefined || code instanceof Uint8Array)
  )
}

function isSlot(pair: AccountDescription['slots'][number]): boolean {
  return Array.isArray(pair) && isAmount(pair[0]) && isAmount(pair[1])
}

function isAddress(address: Uint8Array): boolean {
  return address instanceof Uint8Array && address.length === 20
}

const AMOUNT_LIMIT = 2n ** 256n

function isAmount(value: bigint): boolean {
  return typeof value === 'bigint' && value >= 0n && value < AMOUNT_LIMIT
}

/**
 * A small database with one flipped bit, in every record a database may hold. Shared by the test in Node, going through
 * thousands of places, and the test in Chromium, sampling some.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { expect } from 'vitest'
import { isRootlightError } from '../runtime/error.ts'
import type { AccountLeaf } from '../testing/build-state.ts'
import { decodeSlot, EMPTY_CODE_HASH } from '../trie/account.ts'
import { createFastKeccak } from '../trie/fast-keccak.ts'
import { StateReader } from '../wallet/state-reader.ts'
import type { Records } from './database/records.ts'
import { pagesOf, sequenceOf, stateOf } from './fixture.suite.ts'
import { type MetaValue, type Operation, RECORD_STORES, type RecordStore } from './format/record-types.ts'
import { StateStore } from './state-store.ts'

const keccak = await createFastKeccak()

/** One record. */
interface StoredRecord {
  readonly store: RecordStore
  readonly key: Uint8Array | string
  readonly value: unknown
}

/** A record before and after the flip; `null`: the flip removed the record. */
export interface Flip {
  readonly id: string
  readonly from: StoredRecord
  readonly to: StoredRecord | null
}

export const older = stateOf(8, 'older')
export const newer = stateOf(8, 'newer')

/** Stores the older state in full, and of the newer state some pages, loose pages and wanted codes. */
export async function fill(records: Records): Promise<void> {
  const store = await StateStore.over(records)
  const complete = await store.target({ root: older.trie.root, blockNumber: 5 })
  await complete.commit(pagesOf(older.trie.nodes, 600), older.codes)
  await complete.complete()
  const unfinished = await store.target({ root: newer.trie.root, blockNumber: 6 })
  const pages = pagesOf(newer.trie.nodes, 500)
  const missing = pages.findLast(({ codes }) => codes.length === 0)!
  await unfinished.commit(
    pages.filter((page) => page !== missing),
    [],
  )
  const loose = newer.trie.nodes.filter(({ path }) => path >= missing.start && path < missing.end).slice(1)
  await unfinished.keepLoose([sequenceOf(loose)])
  expect((await unfinished.contents()).wanted.length).toBeGreaterThan(0)
}

/** Reads all records. */
export async function dump(records: Records): Promise<StoredRecord[]> {
  const all: StoredRecord[] = []
  for (const store of RECORD_STORES) {
    for (const key of await records.keys(store)) all.push({ store, key, value: await records.get(store, key) })
  }
  return all
}

/** Replaces the contents of `records` by `all`, with one flip. */
export async function restore(records: Records, all: readonly StoredRecord[], { from, to }: Flip): Promise<void> {
  const left = all.filter((stored) => stored !== from)
  const clear = RECORD_STORES.map((store): Operation => ({ kind: 'clear', store }))
  const puts = [...left, ...(to === null ? [] : [to])].map((stored) => ({ kind: 'put', ...stored }) as Operation)
  await records.write([...clear, ...puts], 'relaxed')
}

/** Yields the flips: one bit in each byte of keys and values (`bitOf` chooses the bit), and each field of `meta`. */
export function* flipsOf(all: readonly StoredRecord[], bitOf: (at: number) => number): Generator<Flip> {
  for (const from of all) {
    const { store, key, value } = from
    const name = `${store} ${typeof key === 'string' ? key : bytesToHex(key)}`
    yield { id: `${name}: gone`, from, to: null }
    for (const [at, other] of flippedKeys(key, bitOf))
      yield { id: `${name}: key ${at}`, from, to: { ...from, key: other } }
    for (const [at, other] of flippedValues(value, bitOf))
      yield { id: `${name}: ${at}`, from, to: { ...from, value: other } }
    for (const other of all) {
      if (other === from || other.store !== store || store === 'wanted') continue
      if (store === 'meta' || other.key > key)
        yield { id: `${name}: the value of another`, from, to: { ...from, value: other.value } }
    }
  }
}

function* flippedKeys(
  key: Uint8Array | string,
  bitOf: (at: number) => number,
): Generator<[string, Uint8Array | string]> {
  if (typeof key !== 'string') yield* flippedBytes(key, bitOf)
  else
    for (let at = 0; at < key.length; at++) {
      const other = String.fromCharCode(key.charCodeAt(at) ^ (1 << bitOf(at)))
      yield [`${at}`, key.slice(0, at) + other + key.slice(at + 1)]
    }
}

function* flippedValues(value: unknown, bitOf: (at: number) => number): Generator<[string, unknown]> {
  if (value instanceof Uint8Array) yield* flippedBytes(value, bitOf)
  else if (typeof value === 'number')
    for (let bit = 0; bit < 32; bit++) yield [`bit ${bit}`, (value ^ (1 << bit)) >>> 0]
  else if (typeof value === 'boolean') yield ['flipped', !value]
  else if (value === null) yield ['not null', 0]
  else if (Array.isArray(value)) yield ['not empty', [0]]
  else if (typeof value === 'object') {
    const fields = value as Readonly<Record<string, MetaValue>>
    for (const name of Object.keys(fields)) {
      const { [name]: field, ...rest } = fields
      yield [`without ${name}`, rest]
      for (const [at, other] of flippedValues(field, bitOf)) yield [`${name} ${at}`, { ...fields, [name]: other }]
    }
  }
}

function* flippedBytes(bytes: Uint8Array, bitOf: (at: number) => number): Generator<[string, Uint8Array]> {
  for (let at = 0; at < bytes.length; at++) {
    const copy = bytes.slice()
    copy[at]! ^= 1 << bitOf(at)
    yield [`byte ${at}`, copy]
  }
}

/** Opens the store after a flip. Returns `null` for `damagedMeta`: the database must be wiped. */
export async function openFlipped(records: Records): Promise<StateStore | null> {
  try {
    return await StateStore.over(records, { keccak })
  } catch (error) {
    expect(error).toMatchObject({ code: 'damagedMeta' })
    return null
  }
}

/** Reads everything a caller can ask for. Returns the number of coded errors; throws at a wrong answer. */
export async function readEverything(store: StateStore): Promise<number> {
  const complete = store.lastComplete()
  if (complete === null) return 1
  const { trie, leaves } = [older, newer].find(({ trie }) => bytesToHex(trie.root) === bytesToHex(complete.root))!
  const reader = new StateReader(trie.root, store.reader(complete.generation))
  let refused = 0
  const check: Check = async (read, expected) => {
    try {
      const got = await read
      // Not `expect`: this line runs some hundred times for each of thousands of places.
      if (got !== expected) throw new Error(`a wrong answer: ${got} instead of ${expected}`)
    } catch (error) {
      if (!isRootlightError(error) || !ALLOWED.has(error.code)) throw error
      refused++
    }
  }
  for (const leaf of leaves) await readLeaf(reader, leaf, check)
  const absent = new Uint8Array(32).fill(0xab)
  await check(
    reader.account(absent).then((account) => account && 'something'),
    null,
  )
  await check(reader.slot(leaves[0]!.key, absent), 0n)
  return refused
}

const ALLOWED = new Set(['damagedPage', 'damagedCode', 'notSynced'])

type Check = (read: Promise<string | bigint | null>, expected: string | bigint | null) => Promise<void>

async function readLeaf(reader: StateReader, leaf: AccountLeaf, check: Check): Promise<void> {
  const { key, nonce, balance, codeHash = EMPTY_CODE_HASH, slots = [] } = leaf
  const account = reader
    .account(key)
    .then((read) => read && `${read.nonce} ${read.balance} ${bytesToHex(read.codeHash)}`)
  await check(account, `${nonce} ${balance} ${bytesToHex(codeHash)}`)
  for (const [slot, value] of slots) await check(reader.slot(key, slot), decodeSlot(value))
  const code = CODES.get(bytesToHex(codeHash)) ?? new Uint8Array()
  await check(
    reader.code(key).then((bytes) => bytesToHex(bytes)),
    bytesToHex(code),
  )
}

/** By hash (hex digits). */
export const CODES = new Map([...older.codes, ...newer.codes].map(({ hash, bytes }) => [hash, bytes]))

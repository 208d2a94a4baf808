/** The records of `meta` beside those of generations: their keys, and the seal for detecting a changed record. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { SCHEMA_VERSION } from '../constants.ts'
import { checksum } from './checksum.ts'
import type { MetaValue, Operation } from './record-types.ts'

/** Keys of `meta`. */
export const META_KEY = {
  schema: 'schema',
  /**
   * The number carried by a writer's writes. Writes with an old number, of a writer without the lock, are refused:
   * `fenced-records.ts`.
   */
  fence: 'fence',
  /** The generation answering reads: the one completed last. */
  complete: 'complete',
  /** The generation of the latest sync target. Missing, or naming a deleted one: the newest generation. */
  target: 'target',
  /** The chain of all states in the database: `chain-id.ts`. */
  chain: 'chain',
  /** The oldest generation that newer ones rest on; older ones are being deleted. Missing: none is. */
  oldest: 'oldest',
} as const

/** The contents of a new database. */
export const INITIAL_META: readonly Operation[] = [
  { kind: 'put', store: 'meta', key: META_KEY.schema, value: SCHEMA_VERSION },
  { kind: 'put', store: 'meta', key: META_KEY.fence, value: 0 },
]

/** Returns the write naming the oldest generation that newer ones rest on. */
export function putOldest(generation: number): Operation {
  return putSealed(META_KEY.oldest, { generation })
}

/** Returns the write naming the generation of the sync target. */
export function putTarget(generation: number): Operation {
  return putSealed(META_KEY.target, { generation })
}

/** Reads the value under `oldest` or `target`. Returns `null` if the value is damaged or missing. */
export function readNumber(key: typeof META_KEY.oldest | typeof META_KEY.target, value: unknown): number | null {
  const fields = openSealed(key, value)
  return fields !== null && isCount(fields['generation']) ? fields['generation'] : null
}

/** Adds a checksum of key and fields. The checksum reveals a changed record, and a record in the place of another. */
export function sealed(key: string, fields: Readonly<Record<string, MetaValue>>): MetaValue {
  return { ...fields, checksum: checksumOf(key, fields) }
}

/** Returns the write of a sealed record. */
export function putSealed(key: string, fields: Readonly<Record<string, MetaValue>>): Operation {
  return { kind: 'put', store: 'meta', key, value: sealed(key, fields) }
}

/** Returns the fields of a record sealed for this key; `null`: the record was changed, or is something else. */
export function openSealed(key: string, value: unknown): Record<string, MetaValue> | null {
  if (!isObject(value)) return null
  const { checksum: found, ...fields } = value
  return found === checksumOf(key, fields) ? (fields as Record<string, MetaValue>) : null
}

/** A checksum of key and fields as text, whatever the order of the fields. */
function checksumOf(key: string, fields: Readonly<Record<string, unknown>>): number {
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))
  const plain = (_: string, value: unknown) => (value instanceof Uint8Array ? `bytes ${bytesToHex(value)}` : value)
  return checksum(new TextEncoder().encode(JSON.stringify([key, sorted], plain)))
}

/** True for exact integers from 0 up. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** True for objects, arrays among them. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

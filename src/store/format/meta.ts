/** What `meta` holds beside the records of generations: its keys, and the seal that tells of a changed record. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { SCHEMA_VERSION } from '../constants.ts'
import { checksum } from './checksum.ts'
import type { MetaValue, Operation } from './record-types.ts'

/** Keys of `meta`. */
export const META_KEY = {
  schema: 'schema',
  /** The number that a writer's writes carry, so that those of a writer that lost its lock are refused: `fenced-records.ts`. */
  fence: 'fence',
  /** The generation that reads are answered from: the last that was complete. */
  complete: 'complete',
  /** The generation of the state that was to be synced last. Not there, or of one that is gone: the newest. */
  target: 'target',
  /** The chain that all states are of: `chain-id.ts`. */
  chain: 'chain',
  /** The oldest generation that newer ones rest on; what is older is deleted. Not there: none is. */
  oldest: 'oldest',
} as const

/** What a database holds that was just made. */
export const INITIAL_META: readonly Operation[] = [
  { kind: 'put', store: 'meta', key: META_KEY.schema, value: SCHEMA_VERSION },
  { kind: 'put', store: 'meta', key: META_KEY.fence, value: 0 },
]

/** The write of which generation is the oldest that newer ones rest on. */
export function putOldest(generation: number): Operation {
  return putSealed(META_KEY.oldest, { generation })
}

/** The write of which generation is that of the state that is to be synced. */
export function putTarget(generation: number): Operation {
  return putSealed(META_KEY.target, { generation })
}

/** Reads what stands under `oldest` or `target`; `null`: it is damaged, or not there. */
export function readNumber(key: typeof META_KEY.oldest | typeof META_KEY.target, value: unknown): number | null {
  const fields = openSealed(key, value)
  return fields !== null && isCount(fields['generation']) ? fields['generation'] : null
}

/** With a checksum of key and fields: a record that was changed, or that stands in another's place, is known. */
export function sealed(key: string, fields: Readonly<Record<string, MetaValue>>): MetaValue {
  return { ...fields, checksum: checksumOf(key, fields) }
}

/** The write of what {@link sealed} makes. */
export function putSealed(key: string, fields: Readonly<Record<string, MetaValue>>): Operation {
  return { kind: 'put', store: 'meta', key, value: sealed(key, fields) }
}

/** The fields of what {@link sealed} made for this key; `null`: it was changed, or is something else. */
export function openSealed(key: string, value: unknown): Record<string, MetaValue> | null {
  if (!isObject(value)) return null
  const { checksum: found, ...fields } = value
  return found === checksumOf(key, fields) ? (fields as Record<string, MetaValue>) : null
}

/** Of the text of both, in which the order of the fields plays no part. */
function checksumOf(key: string, fields: Readonly<Record<string, unknown>>): number {
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))
  const plain = (_: string, value: unknown) => (value instanceof Uint8Array ? `bytes ${bytesToHex(value)}` : value)
  return checksum(new TextEncoder().encode(JSON.stringify([key, sorted], plain)))
}

/** True for integers from 0 up that are exact. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** True for objects, arrays among them. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

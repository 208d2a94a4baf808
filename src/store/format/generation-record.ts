/** What `meta` holds: its keys, the record of a generation and which one is complete, and their strict reading. */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Stretch } from '../../sync/disk.ts'
import { isScopeEntries } from '../../trie/scope.ts'
import { SCHEMA_VERSION } from '../constants.ts'
import type { MetaValue, Operation } from '../database/records.ts'
import { StoreError } from '../errors.ts'
import { checksum } from './checksum.ts'

/** What is known of a generation beside its pages. Plain data: it is stored as it is. */
export interface GenerationRecord {
  /** 1 or more; a newer generation has a higher number. */
  readonly generation: number
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly blockNumber: number | null
  /** Entries of the scope that it is about, as `trie/scope.ts` has them; `null`: all of the state. */
  readonly scope: readonly string[] | null
  /** RLP of the header of the block that it is the state of, checked by its hash; `null`: only the root is known. */
  readonly header: Uint8Array | null
  /** Everything under the root, within the scope, is stored, here or in older generations. False again once some of it turned out damaged. */
  readonly complete: boolean
  /** Stretches in which an older generation lost something that this one may rest on: its pages prove nothing there. */
  readonly holes: readonly Stretch[]
  /** All of the state is in its own pages, or will be: a compaction, and what is older can go once it is complete. */
  readonly dense: boolean
  /** Bytecodes that were stored for this generation, and their bytes; one that was damaged and stored again counts twice. */
  readonly codeCounts: { readonly count: number; readonly bytes: number }
}

/** Generations are numbers of 32 bits in the keys of pages. */
const MAX_GENERATION = 0xffff_ffff

/** Keys of `meta`. */
export const META_KEY = {
  schema: 'schema',
  /** The number that a writer's writes carry, so that those of a writer that lost its lock are refused: `fenced-records.ts`. */
  fence: 'fence',
  /** The generation that reads are answered from: the last that was complete. */
  complete: 'complete',
  /** The generation of the state that was to be synced last. Not there, or of one that is gone: the newest. */
  target: 'target',
  /** The chain that all states are of: `chain.ts`. */
  chain: 'chain',
  /** The oldest generation that newer ones rest on; what is older is deleted. Not there: none is. */
  oldest: 'oldest',
} as const

const GENERATION_PREFIX = 'generation:'

/** The key of a generation's record. */
export function generationKey(generation: number): string {
  return GENERATION_PREFIX + generation
}

/** True if `key` is the key of some generation's record. */
export function isGenerationKey(key: string): boolean {
  return key.startsWith(GENERATION_PREFIX)
}

/** What a database holds that was just made. */
export const INITIAL_META: readonly Operation[] = [
  { kind: 'put', store: 'meta', key: META_KEY.schema, value: SCHEMA_VERSION },
  { kind: 'put', store: 'meta', key: META_KEY.fence, value: 0 },
]

/** What a generation is about. */
export type GenerationTarget = Pick<GenerationRecord, 'root' | 'blockNumber' | 'scope' | 'header' | 'dense'>

/** The record of a generation without pages. */
export function newGenerationRecord(generation: number, target: GenerationTarget): GenerationRecord {
  if (generation > MAX_GENERATION) throw new RangeError(`no generation beyond ${MAX_GENERATION}`)
  const root = new Uint8Array(target.root)
  return { generation, ...target, root, complete: false, holes: [], codeCounts: { count: 0, bytes: 0 } }
}

/** The write of a generation's record. */
export function putGenerationRecord(record: GenerationRecord): Operation {
  const { generation, root, blockNumber, header, complete, dense, codeCounts } = record
  const holes = record.holes.map(({ start, end }) => ({ start, end }))
  const about = { generation, root, blockNumber, scope: scopeValue(record), header }
  const fields = { ...about, complete, holes, dense, codeCounts: { ...codeCounts } }
  return putSealed(generationKey(generation), fields)
}

/** Reads what stands under `key`, the key of a generation's record; `null`: it is damaged, or gone. */
export function readGenerationRecord(key: string, value: unknown): GenerationRecord | null {
  const fields = openSealed(key, value)
  if (fields === null) return null
  const { complete, holes, dense, codeCounts } = fields
  const about = readAbout(fields)
  if (about === null || generationKey(about.generation) !== key) return null
  if (typeof complete !== 'boolean' || typeof dense !== 'boolean') return null
  if (!Array.isArray(holes) || !holes.every(isHole) || !isObject(codeCounts)) return null
  const { count, bytes } = codeCounts
  if (!isCount(count) || !isCount(bytes)) return null
  return { ...about, complete, holes, dense, codeCounts: { count, bytes } }
}

function readAbout(fields: Readonly<Record<string, MetaValue>>) {
  const { generation, root, blockNumber, scope, header } = fields
  if (!isGeneration(generation) || !isRoot(root) || !isBlockNumber(blockNumber)) return null
  if ((scope !== null && !isScopeEntries(scope)) || (header !== null && !(header instanceof Uint8Array))) return null
  return { generation, root, blockNumber, scope, header }
}

function scopeValue({ scope }: Pick<GenerationRecord, 'scope'>): string[] | null {
  return scope === null ? null : [...scope]
}

/**
 * The write of what `complete` names: the generation, and of its record what cannot be found again in any other way.
 */
export function putComplete(record: GenerationRecord): Operation {
  const { generation, root, blockNumber, header } = record
  return putSealed(META_KEY.complete, { generation, root, blockNumber, scope: scopeValue(record), header })
}

/** Reads what stands under `complete`, as the record of a whole generation; `null`: it is damaged, or none is complete. */
export function readComplete(value: unknown): GenerationRecord | null {
  const fields = openSealed(META_KEY.complete, value)
  if (fields === null) return null
  const about = readAbout(fields)
  return about && { ...newGenerationRecord(about.generation, { ...about, dense: false }), complete: true }
}

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

function putSealed(key: string, fields: Readonly<Record<string, MetaValue>>): Operation {
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

function isGeneration(value: unknown): value is number {
  return isCount(value) && value >= 1 && value <= MAX_GENERATION
}

function isRoot(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === 32
}

function isBlockNumber(value: unknown): value is number | null {
  return value === null || isCount(value)
}

/** The error for a record of `meta` that breaks `rule`. */
export function damagedMeta(key: string, rule: string): StoreError {
  return new StoreError('damagedMeta', `damaged record "${key}": ${rule}`, { details: { key, rule } })
}

/** True for integers from 0 up that are exact. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** One nibble more than a path: a hole may be a single node, and end right behind its path. */
const HOLE_EDGE = /^[0-9a-f]{0,129}g?$/

function isHole(value: unknown): value is Stretch {
  if (!isObject(value)) return false
  const { start, end } = value
  if (typeof start !== 'string' || typeof end !== 'string') return false
  return HOLE_EDGE.test(start) && HOLE_EDGE.test(end) && start < end
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** What `meta` holds: its keys, the record of a generation, and their strict reading. */
import { SCHEMA_VERSION } from './constants.ts'
import { StoreError } from './errors.ts'
import type { MetaValue, Operation } from './records.ts'

/** What is known of a generation beside its pages. Plain data: it is stored as it is. */
export interface GenerationRecord {
  /** 1 or more; a newer generation has a higher number. */
  readonly generation: number
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly blockNumber: number | null
  /** Which part of the state it is about; `null`: all of it. Room in the format, nothing else is written yet. */
  readonly scope: null
  /** Everything under the root is stored. False again once a damaged page was dropped. */
  readonly complete: boolean
  /** Stretches that were lost to damage under newer generations. Room in the format, always empty so far. */
  readonly holes: readonly []
  /** Bytecodes that were stored for this generation, and their bytes; one that was damaged and stored again counts twice. */
  readonly codeCounts: { readonly count: number; readonly bytes: number }
}

/** Generations are numbers of 32 bits in the keys of pages. */
const MAX_GENERATION = 0xffff_ffff

/** Keys of `meta`. */
export const META_KEY = {
  schema: 'schema',
  /** The number that a writer's writes carry, so that those of a writer that lost its lock are refused. Not in use yet. */
  fence: 'fence',
  /** The generation that reads are answered from: the last that was complete. */
  complete: 'complete',
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

/** The record of a generation without pages. */
export function newGenerationRecord(
  generation: number,
  root: Uint8Array,
  blockNumber: number | null,
): GenerationRecord {
  if (generation > MAX_GENERATION) throw new RangeError(`no generation beyond ${MAX_GENERATION}`)
  const codeCounts = { count: 0, bytes: 0 }
  return { generation, root: new Uint8Array(root), blockNumber, scope: null, complete: false, holes: [], codeCounts }
}

/** The write of a generation's record. */
export function putGenerationRecord(record: GenerationRecord): Operation {
  const { generation, root, blockNumber, scope, complete, holes, codeCounts } = record
  const value: MetaValue = { generation, root, blockNumber, scope, complete, holes, codeCounts: { ...codeCounts } }
  return { kind: 'put', store: 'meta', key: generationKey(generation), value }
}

/** Reads what stands under `key`, the key of a generation's record. Throws `damagedMeta`. */
export function readGenerationRecord(key: string, value: unknown): GenerationRecord {
  if (!isObject(value)) throw damagedMeta(key, 'a record is an object')
  const { generation, root, blockNumber, scope, complete, holes, codeCounts } = value
  if (!isCount(generation) || generation < 1 || generation > MAX_GENERATION || generationKey(generation) !== key) {
    throw damagedMeta(key, 'a record stands under its generation')
  }
  if (!(root instanceof Uint8Array) || root.length !== 32) throw damagedMeta(key, 'a root is 32 bytes')
  if (blockNumber !== null && !isCount(blockNumber)) throw damagedMeta(key, 'a block number is a count')
  if (scope !== null) throw damagedMeta(key, 'a scope is null')
  if (typeof complete !== 'boolean') throw damagedMeta(key, 'complete is true or false')
  if (!Array.isArray(holes) || holes.length > 0) throw damagedMeta(key, 'there are no holes')
  if (!isObject(codeCounts)) throw damagedMeta(key, 'codes are counted')
  const { count, bytes } = codeCounts
  if (!isCount(count) || !isCount(bytes)) throw damagedMeta(key, 'codes are counted')
  return { generation, root, blockNumber, scope, complete, holes: [], codeCounts: { count, bytes } }
}

/** The error for a record of `meta` that breaks `rule`. */
export function damagedMeta(key: string, rule: string): StoreError {
  return new StoreError('damagedMeta', `damaged record "${key}": ${rule}`, { details: { key, rule } })
}

/** True for integers from 0 up that are exact. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

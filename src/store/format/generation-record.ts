/** The record of a generation in `meta`, the record naming the complete one, and strict readers of both. */
import type { Stretch } from '../../sync/disk.ts'
import { isScopeEntries } from '../../trie/scope.ts'
import { isCount, isObject, META_KEY, openSealed, putSealed } from './meta.ts'
import type { MetaValue, Operation } from './record-types.ts'

/** The facts about a generation beside its pages. Plain data, stored as is. */
export interface GenerationRecord {
  /** 1 or more; a newer generation has a higher number. */
  readonly generation: number
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly blockNumber: number | null
  /** Entries of the generation's scope, in the form of `trie/scope.ts`; `null`: all of the state. */
  readonly scope: readonly string[] | null
  /** RLP of the header of the state's block, checked by its hash; `null`: only the root is known. */
  readonly header: Uint8Array | null
  /**
   * True if everything under the root, within the scope, is stored, here or in older generations. False again after
   * damage.
   */
  readonly complete: boolean
  /** Stretches lost by an older generation on which this one may rest: pages prove nothing there. */
  readonly holes: readonly Stretch[]
  /**
   * True for a compaction: its own pages have, or will have, all of the state. Once complete, older generations can go.
   */
  readonly dense: boolean
  /** The number and bytes of codes stored for this generation. A code stored again after damage counts twice. */
  readonly codeCounts: { readonly count: number; readonly bytes: number }
}

/** Page keys hold the generation's number in 32 bits. */
const MAX_GENERATION = 0xffff_ffff

const GENERATION_PREFIX = 'generation:'

/** Returns the key of a generation's record. */
export function generationKey(generation: number): string {
  return GENERATION_PREFIX + generation
}

/** True if `key` is the key of a generation's record. */
export function isGenerationKey(key: string): boolean {
  return key.startsWith(GENERATION_PREFIX)
}

/** The state a generation is written for. */
export type GenerationTarget = Pick<GenerationRecord, 'root' | 'blockNumber' | 'scope' | 'header' | 'dense'>

/** Makes the record of a generation without pages. */
export function newGenerationRecord(generation: number, target: GenerationTarget): GenerationRecord {
  if (generation > MAX_GENERATION) throw new RangeError(`no generation beyond ${MAX_GENERATION}`)
  const root = new Uint8Array(target.root)
  return { generation, ...target, root, complete: false, holes: [], codeCounts: { count: 0, bytes: 0 } }
}

/** Returns the write of a generation's record. */
export function putGenerationRecord(record: GenerationRecord): Operation {
  const { generation, root, blockNumber, header, complete, dense, codeCounts } = record
  const holes = record.holes.map(({ start, end }) => ({ start, end }))
  const about = { generation, root, blockNumber, scope: scopeValue(record), header }
  const fields = { ...about, complete, holes, dense, codeCounts: { ...codeCounts } }
  return putSealed(generationKey(generation), fields)
}

/**
 * Reads the value under `key`, the key of a generation's record. Returns `null` if the record is damaged or missing.
 */
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
 * Returns the write under `complete`: the generation's number, and the fields of its record not found anywhere else.
 */
export function putComplete(record: GenerationRecord): Operation {
  const { generation, root, blockNumber, header } = record
  return putSealed(META_KEY.complete, { generation, root, blockNumber, scope: scopeValue(record), header })
}

/**
 * Reads the value under `complete`, as the record of a complete generation. Returns `null` if the value is damaged or
 * missing.
 */
export function readCompleteRecord(value: unknown): GenerationRecord | null {
  const fields = openSealed(META_KEY.complete, value)
  if (fields === null) return null
  const about = readAbout(fields)
  return about && { ...newGenerationRecord(about.generation, { ...about, dense: false }), complete: true }
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

/** One nibble more than a path: a hole may be a single node, and end right behind its path. */
const HOLE_EDGE = /^[0-9a-f]{0,129}g?$/

function isHole(value: unknown): value is Stretch {
  if (!isObject(value)) return false
  const { start, end } = value
  if (typeof start !== 'string' || typeof end !== 'string') return false
  return HOLE_EDGE.test(start) && HOLE_EDGE.test(end) && start < end
}

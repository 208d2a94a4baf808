/** The record of a generation in `meta`, the record of which one is complete, and their strict reading. */
import type { Stretch } from '../../sync/disk.ts'
import { isScopeEntries } from '../../trie/scope.ts'
import { isCount, isObject, META_KEY, openSealed, putSealed } from './meta.ts'
import type { MetaValue, Operation } from './record-types.ts'

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

const GENERATION_PREFIX = 'generation:'

/** The key of a generation's record. */
export function generationKey(generation: number): string {
  return GENERATION_PREFIX + generation
}

/** True if `key` is the key of some generation's record. */
export function isGenerationKey(key: string): boolean {
  return key.startsWith(GENERATION_PREFIX)
}

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

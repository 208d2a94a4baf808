/** Chooses the generation for a sync or a compaction, and begins new ones, inside a turn of the write queue. */
import { equalHash } from '../../trie/keccak.ts'
import { Scope } from '../../trie/scope.ts'
import { type GenerationTarget, newGenerationRecord, putGenerationRecord } from '../format/generation-record.ts'
import { putTarget } from '../format/meta.ts'
import { encodeWantedKey } from '../format/wanted-key.ts'
import type { Catalog } from './catalog.ts'
import { isCompactionDue } from './compaction-due.ts'
import { GenerationState } from './generation-state.ts'
import type { StoreContext } from './store-context.ts'

/** A state to sync. */
export interface StateTarget {
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly blockNumber?: number | undefined
  /** Left out: the whole state. */
  readonly scope?: Scope | undefined
  /** RLP of the header of the state's block, checked. */
  readonly header?: Uint8Array | undefined
}

/**
 * Returns the generation of a state to sync, after beginning a missing one. Writes the news about the block, and names
 * the generation as the target.
 */
export async function chooseTarget(
  context: StoreContext,
  { root, blockNumber, scope = Scope.ALL, header }: StateTarget,
): Promise<GenerationState> {
  const { records, catalog } = context
  const known = catalog.withScope(root, scope)
  const target = { root, scope: scope.entries, blockNumber: blockNumber ?? null, header: header ?? null, dense: false }
  const state = known && isWritable(catalog, known) ? known : await newGeneration(context, target)
  const { record } = state
  const told = { blockNumber: blockNumber ?? record.blockNumber, header: header ?? record.header }
  const isNews = told.blockNumber !== record.blockNumber || told.header !== record.header
  const next = { ...record, ...told }
  const writes = isNews ? [putGenerationRecord(next)] : []
  // The completion of a complete generation names the target: nothing else is written here.
  if (catalog.target !== state && !record.complete) writes.push(putTarget(state.number))
  await records.write(writes, 'relaxed')
  if (isNews) state.record = next
  catalog.target = state
  return state
}

/**
 * Returns the generation into which a compaction rewrites the last complete state; `null`: the gain would be too small.
 */
export async function chooseCompaction(context: StoreContext): Promise<GenerationState | null> {
  const { catalog, maxGenerations } = context
  const { lastComplete } = catalog
  if (lastComplete === null || !lastComplete.record.complete) return null
  if (!isCompactionDue(catalog, lastComplete, maxGenerations)) return null
  const { root, blockNumber, scope, header } = lastComplete.record
  const [newest] = catalog.generations
  const isUnderWay = newest?.record.dense && !newest.record.complete && newest.record.holes.length === 0
  return isUnderWay && equalHash(newest.record.root, root) && newest.scope.equals(lastComplete.scope)
    ? newest
    : newGeneration(context, { root, blockNumber, scope, header, dense: true })
}

/**
 * True if a sync may go on with `state`. A complete generation qualifies: nothing is written. So does the newest one:
 * it rests on older ones only. A compaction does not: nodes missing from the disk must not be asked of peers.
 */
function isWritable({ generations }: Catalog, state: GenerationState): boolean {
  const { complete, holes, dense } = state.record
  return complete || (generations[0] === state && holes.length === 0 && !dense)
}

/**
 * Begins a generation. A sync's generation wants the codes wanted by older ones: accounts naming these codes may be in
 * subtrees taken over without a look. A compaction looks at every account.
 */
async function newGeneration({ records, catalog }: StoreContext, target: GenerationTarget): Promise<GenerationState> {
  const state = new GenerationState(newGenerationRecord(catalog.nextNumber, target))
  const wanted = new Set(target.dense ? [] : catalog.generations.flatMap((older) => [...older.wanted]))
  const puts = [...wanted].map((hash) => {
    return { kind: 'put', store: 'wanted', key: encodeWantedKey({ generation: state.number, hash }), value: 1 } as const
  })
  const targets = target.dense ? [] : [putTarget(state.number)]
  await records.write([putGenerationRecord(state.record), ...puts, ...targets], 'relaxed')
  for (const hash of wanted) state.wanted.add(hash)
  catalog.add(state)
  if (!target.dense) catalog.target = state
  return state
}

/** Begins the successor of a generation with holes. */
export function successorOf(context: StoreContext, { record }: GenerationState): Promise<GenerationState> {
  const { root, blockNumber, scope, header, dense } = record
  return newGeneration(context, { root, blockNumber, scope, header, dense })
}

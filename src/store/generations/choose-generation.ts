/** Which generation a sync or a compaction goes on with, and how a new one begins, inside a turn of the write queue. */
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
  /** Left out: all of it. */
  readonly scope?: Scope | undefined
  /** RLP of its block's header, which was checked. */
  readonly header?: Uint8Array | undefined
}

/** The generation of a state to sync, begun if need be. What is new of the state is written, and that it is the target. */
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
  // Of a complete one, its completion says it: nothing else is written for that.
  if (catalog.target !== state && !record.complete) writes.push(putTarget(state.number))
  await records.write(writes, 'relaxed')
  if (isNews) state.record = next
  catalog.target = state
  return state
}

/** The generation to which the last complete state is rewritten as one; `null`: too little would be gained. */
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
 * True if a sync may go on with `state`: it is complete, so that nothing is written, or the newest one, so that all that it
 * rests on is older. A compaction is not for syncs: what it cannot find, it may not ask peers for.
 */
function isWritable({ generations }: Catalog, state: GenerationState): boolean {
  const { complete, holes, dense } = state.record
  return complete || (generations[0] === state && holes.length === 0 && !dense)
}

/**
 * Begins a generation. It wants the codes that older ones want: the accounts that name them may be among those that it
 * takes over without a look. A compaction looks at every account.
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

/** The generation that goes on in the place of one with holes. */
export function successorOf(context: StoreContext, { record }: GenerationState): Promise<GenerationState> {
  const { root, blockNumber, scope, header, dense } = record
  return newGeneration(context, { root, blockNumber, scope, header, dense })
}

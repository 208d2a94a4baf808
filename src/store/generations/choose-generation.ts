/** Which generation a sync goes on with, and how a new one begins. Both run inside a turn of the write queue. */

import { type GenerationTarget, newGenerationRecord, putGenerationRecord } from '../format/generation-record.ts'
import { putTarget } from '../format/meta.ts'
import { encodeWantedKey } from '../format/wanted-key.ts'
import type { Catalog } from './catalog.ts'
import { GenerationState } from './generation-state.ts'
import type { StoreContext } from './store-context.ts'

/**
 * True if a sync may go on with `state`: it is complete, so that nothing is written, or the newest one, so that all that it
 * rests on is older. A compaction is not for syncs: what it cannot find, it may not ask peers for.
 */
export function isWritable({ generations }: Catalog, state: GenerationState): boolean {
  const { complete, holes, dense } = state.record
  return complete || (generations[0] === state && holes.length === 0 && !dense)
}

/**
 * Begins a generation. It wants the codes that older ones want: the accounts that name them may be among those that it
 * takes over without a look. A compaction looks at every account.
 */
export async function newGeneration(
  { records, catalog }: StoreContext,
  target: GenerationTarget,
): Promise<GenerationState> {
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

/**
 * A hole is a path range for which a generation cannot vouch any more, because an older generation it may depend on
 * lost data. Its pages stay readable. A sync must not skip anything inside a hole; a sync to the same root begins a new
 * generation and fetches the missing nodes.
 */
import type { Stretch } from '../../sync/disk.ts'
import type { Path } from '../../trie/path.ts'
import { putGenerationRecord } from '../format/generation-record.ts'
import type { Operation } from '../format/record-types.ts'
import type { Catalog } from './catalog.ts'

/** Returns the stretch containing the node at `path` and no other. */
export function stretchOfNode(path: Path): Stretch {
  return { start: path, end: `${path}0` }
}

/** Punches `hole` into every generation newer than `generation`, and returns the writes for this. */
export function punch(catalog: Catalog, generation: number, hole: Stretch): Operation[] {
  return planPunch(catalog, generation, hole).map(({ state, record }) => {
    state.record = record
    return putGenerationRecord(record)
  })
}

/** Plans the records changed by {@link punch}. */
export function planPunch(catalog: Catalog, generation: number, hole: Stretch) {
  return catalog.generations
    .filter((state) => state.number > generation)
    .map((state) => {
      const { holes } = state.record
      const isKnown = holes.some(({ start, end }) => start <= hole.start && hole.end <= end)
      return { state, record: { ...state.record, complete: false, holes: isKnown ? holes : [...holes, hole] } }
    })
}

/**
 * Holes: what a generation can prove no longer, because something that it may rest on, in an older one, turned out to be
 * damaged. Its pages stay and are read; what they cover proves nothing within a hole, so that nothing there is skipped, and
 * a sync to its root is a new generation that fetches what is missing.
 */
import type { Stretch } from '../../sync/disk.ts'
import type { Path } from '../../trie/path.ts'
import { putGenerationRecord } from '../format/generation-record.ts'
import type { Operation } from '../format/record-types.ts'
import type { Catalog } from './catalog.ts'

/** The stretch in which no other node stands than the one at `path`. */
export function stretchOfNode(path: Path): Stretch {
  return { start: path, end: `${path}0` }
}

/** Punches `hole` into every generation newer than `generation`, and returns the writes that say so. */
export function punch(catalog: Catalog, generation: number, hole: Stretch): Operation[] {
  return planPunch(catalog, generation, hole).map(({ state, record }) => {
    state.record = record
    return putGenerationRecord(record)
  })
}

/** The records that {@link punch} changes, and how. */
export function planPunch(catalog: Catalog, generation: number, hole: Stretch) {
  return catalog.generations
    .filter((state) => state.number > generation)
    .map((state) => {
      const { holes } = state.record
      const isKnown = holes.some(({ start, end }) => start <= hole.start && hole.end <= end)
      return { state, record: { ...state.record, complete: false, holes: isKnown ? holes : [...holes, hole] } }
    })
}

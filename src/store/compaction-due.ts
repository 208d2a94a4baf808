/** When a compaction is worth its writing, from the keys of pages alone. */
import type { Catalog, GenerationState } from './catalog.ts'
import { MAX_DEAD_SHARE, MAX_SMALL_SHARE, MIN_DEAD_BYTES, MIN_SMALL_PAGES, SMALL_PAGE_BYTES } from './constants.ts'

/**
 * True if more of the pages' bytes may be dead than should be, if lookups have too many generations to ask, or if too many
 * pages are small.
 */
export function isCompactionDue(
  { generations }: Catalog,
  lastComplete: GenerationState,
  maxGenerations: number,
): boolean {
  const { complete, dense } = lastComplete.record
  const written = generations.filter((state) => state.pages.size > 0 && !isUnderWay(state, lastComplete))
  const isAlone = written.length === 1 && written[0] === lastComplete
  if (!complete || (isAlone && dense)) return false
  return written.length > maxGenerations || (!isAlone && mayBeDead(written)) || hasSmallPages(written)
}

/** A node that was written for another root took the place of at most one, of about its size. */
function mayBeDead(written: readonly GenerationState[]): boolean {
  const bytes = written.map((state) => state.pages.counts.bytes)
  const total = bytes.reduce((sum, each) => sum + each, 0)
  const dead = total - Math.max(0, ...bytes)
  return dead > MIN_DEAD_BYTES && dead > MAX_DEAD_SHARE * total
}

function hasSmallPages(written: readonly GenerationState[]): boolean {
  const pages = written.flatMap((state) => [...state.pages])
  const small = pages.filter(({ counts }) => counts.bytes < SMALL_PAGE_BYTES).length
  return small > MIN_SMALL_PAGES && small > MAX_SMALL_SHARE * pages.length
}

/** A compaction of this very state that was cut short: what it has written is not dead. */
function isUnderWay({ record, number }: GenerationState, lastComplete: GenerationState): boolean {
  return record.dense && !record.complete && number > lastComplete.number
}

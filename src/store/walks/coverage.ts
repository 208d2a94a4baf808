/** Tells from keys alone how much of each root is stored: a tab's announcement to other tabs. */
import type { Stretch } from '../../sync/disk.ts'
import { equalHash } from '../../trie/keccak.ts'
import type { Catalog } from '../generations/catalog.ts'
import type { GenerationState } from '../generations/generation-state.ts'

/** The stored parts of the state under `root` (32 bytes), in path order, with gaps between them. */
export interface RootCoverage {
  readonly root: Uint8Array
  readonly blockNumber: number | null
  readonly stretches: readonly Stretch[]
}

/**
 * Returns the coverage of each root with stored pages, the newest first. Parts of a state are left out: their pages do
 * not tell the gaps.
 */
export function coverageOf(catalog: Catalog): RootCoverage[] {
  const covered: RootCoverage[] = []
  for (const { record } of catalog.generations) {
    const { root, blockNumber } = record
    if (covered.some((other) => equalHash(other.root, root))) continue
    // Of several generations with the same root, the served one.
    const served = catalog.withRoot(root)!
    const stretches = served.scope.isAll ? stretchesOf(served) : []
    if (stretches.length > 0) covered.push({ root, blockNumber, stretches })
  }
  return covered
}

function stretchesOf({ pages, record }: GenerationState): Stretch[] {
  return record.holes.reduce((stretches, hole) => stretches.flatMap((each) => without(each, hole)), pages.stretches())
}

function without(stretch: Stretch, hole: Stretch): Stretch[] {
  if (hole.end <= stretch.start || stretch.end <= hole.start) return [stretch]
  const before = { start: stretch.start, end: hole.start }
  const behind = { start: hole.end, end: stretch.end }
  return [before, behind].filter(({ start, end }) => start < end)
}

/** What the store has of each root, from keys alone: what a tab says of itself to others. */
import type { Stretch } from '../../sync/disk.ts'
import { equalHash } from '../../trie/keccak.ts'
import type { Catalog } from '../generations/catalog.ts'
import type { GenerationState } from '../generations/generation-state.ts'

/** What is there of the state under `root` (32 bytes): in path order, apart from each other. */
export interface RootCoverage {
  readonly root: Uint8Array
  readonly blockNumber: number | null
  readonly stretches: readonly Stretch[]
}

/** Of each root that something is stored of, the newest first. Of a part of a state, pages do not say what they leave out. */
export function coverageOf(catalog: Catalog): RootCoverage[] {
  const covered: RootCoverage[] = []
  for (const { record } of catalog.generations) {
    const { root, blockNumber } = record
    if (covered.some((other) => equalHash(other.root, root))) continue
    // The one that is served, where several are of the same root.
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

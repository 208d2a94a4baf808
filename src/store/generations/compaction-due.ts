/** Estimates the dead bytes, and decides when a compaction is worth its writing, from the keys of pages alone. */

import { MAX_DEAD_SHARE, MAX_SMALL_SHARE, MIN_DEAD_BYTES, MIN_SMALL_PAGES, SMALL_PAGE_BYTES } from '../constants.ts'
import type { Catalog } from './catalog.ts'
import type { GenerationState } from './generation-state.ts'

/**
 * Estimates the bytes in pages not needed by the last complete state. A node written for another root replaced at most
 * one node of about its size. The target or compaction under way does not count.
 */
export function deadBytes(catalog: Catalog): number {
  const bytes = settled(catalog).map((state) => state.pages.counts.bytes)
  return sum(bytes) - Math.max(0, ...bytes)
}

/**
 * True if the share of dead bytes is too large, if a lookup has too many generations to ask, or if too many pages are
 * small.
 */
export function isCompactionDue(catalog: Catalog, lastComplete: GenerationState, maxGenerations: number): boolean {
  const { complete, dense } = lastComplete.record
  const written = settled(catalog)
  const isAlone = written.length === 1 && written[0] === lastComplete
  if (!complete || (isAlone && dense)) return false
  return written.length > maxGenerations || hasDeadShare(catalog) || hasSmallPages(written)
}

function hasDeadShare(catalog: Catalog): boolean {
  const total = sum(settled(catalog).map((state) => state.pages.counts.bytes))
  const dead = deadBytes(catalog)
  return dead > MIN_DEAD_BYTES && dead > MAX_DEAD_SHARE * total
}

function hasSmallPages(written: readonly GenerationState[]): boolean {
  const pages = written.flatMap((state) => [...state.pages])
  const small = pages.filter(({ counts }) => counts.bytes < SMALL_PAGE_BYTES).length
  return small > MIN_SMALL_PAGES && small > MAX_SMALL_SHARE * pages.length
}

/** Returns the generations with pages, except the target or compaction under way. */
function settled({ generations, lastComplete }: Catalog): readonly GenerationState[] {
  return generations.filter((state, i) => {
    const isUnderWay = i === 0 && !state.record.complete && state !== lastComplete
    return state.pages.size > 0 && !isUnderWay
  })
}

function sum(bytes: readonly number[]): number {
  return bytes.reduce((total, each) => total + each, 0)
}

/** Shared by the parts of one open store. */
import type { Keccak } from '../../trie/keccak.ts'
import type { ChunkPacer } from '../database/chunk-pacer.ts'
import type { Records } from '../database/records.ts'
import type { WriteQueue } from '../database/write-queue.ts'
import { StoreError } from '../errors.ts'
import type { PageKey } from '../format/page-key.ts'
import type { Catalog } from './catalog.ts'
import type { Damage } from './damage.ts'
import type { GenerationState } from './generation-state.ts'
import type { PageCache } from './page-cache.ts'

export interface StoreContext {
  readonly records: Records
  readonly catalog: Catalog
  readonly queue: WriteQueue
  readonly cache: PageCache
  /** Reads under way, by page. */
  readonly reads: Map<PageKey, Promise<Uint8Array | undefined>>
  readonly pacer: ChunkPacer
  /** With more generations than this having pages, a compaction is due. */
  readonly maxGenerations: number
  readonly keccak: Keccak
  readonly now: () => number
  readonly yieldThread: () => Promise<void>
  readonly onDamage: (damage: Damage) => void
}

/** Throws `generationGone` if the generation was deleted. Call this first in each turn writing to a generation. */
export function checkLives(catalog: Catalog, state: GenerationState): void {
  if (catalog.has(state)) return
  const details = { generation: state.number }
  throw new StoreError('generationGone', `generation ${state.number} was deleted`, { details })
}

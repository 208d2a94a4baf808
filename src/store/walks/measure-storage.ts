/** What the database holds, from keys and `meta` alone: no page and no code is read. */
import type { Catalog } from '../generations/catalog.ts'
import { deadBytes } from '../generations/compaction-due.ts'
import type { GenerationState } from '../generations/generation-state.ts'

/** What one generation holds. */
export interface GenerationStorage {
  readonly generation: number
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly blockNumber: number | null
  /** True if everything under the root is there, or the part of it that was synced. */
  readonly complete: boolean
  /** False: it is about a part of the state. */
  readonly whole: boolean
  /** In pages: nodes and their bytes. Paths and keys come on top, some hundredths. */
  readonly nodes: number
  readonly bytes: number
  readonly pages: number
  /** Pages that cover nothing: what a sync held when it was interrupted. */
  readonly loose: number
}

export interface StoreStorage {
  /** The newest first. */
  readonly generations: readonly GenerationStorage[]
  /** All codes that are stored, and the bytes of those that were stored for one of these generations. */
  readonly codes: { readonly count: number; readonly bytes: number }
  /** Bytes in pages that the last complete state needs no more, by estimate; a compaction frees them. */
  readonly deadBytes: number
}

export function measureStorage(catalog: Catalog): StoreStorage {
  const states = catalog.generations
  return {
    generations: states.map(measure),
    codes: {
      count: catalog.codes.size,
      bytes: states.reduce((sum, { record }) => sum + record.codeCounts.bytes, 0),
    },
    deadBytes: deadBytes(catalog),
  }
}

function measure({ record, pages, loose, scope }: GenerationState): GenerationStorage {
  const { generation, root, blockNumber, complete } = record
  const { nodes, bytes } = pages.counts
  return {
    generation,
    root,
    blockNumber,
    complete,
    whole: scope.isAll,
    nodes,
    bytes,
    pages: pages.size,
    loose: loose.length,
  }
}

/** Measures the contents of the database from keys and `meta` alone: no page and no code is read. */
import type { Catalog } from '../generations/catalog.ts'
import { deadBytes } from '../generations/compaction-due.ts'
import type { GenerationState } from '../generations/generation-state.ts'

/** The contents of one generation. */
export interface GenerationStorage {
  readonly generation: number
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly blockNumber: number | null
  /** True if everything under the root is stored, or all of the synced part. */
  readonly complete: boolean
  /** False for a part of the state. */
  readonly whole: boolean
  /** The nodes in pages, and their bytes. Paths and keys add some hundredths. */
  readonly nodes: number
  readonly bytes: number
  readonly pages: number
  /** Pages covering nothing: the unfinished work of an interrupted sync. */
  readonly loose: number
}

export interface StoreStorage {
  /** The newest first. */
  readonly generations: readonly GenerationStorage[]
  /** The number of all stored codes, and the bytes of those stored for one of these generations. */
  readonly codes: { readonly count: number; readonly bytes: number }
  /** Bytes in pages not needed by the last complete state, by estimate. A compaction frees them. */
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

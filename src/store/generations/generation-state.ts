/** One generation in the catalog: its record, coverage, loose pages and wanted codes. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { EMPTY_ROOT_HEX } from '../../trie/account.ts'
import { type Path, ROOT_PATH, subtreeEnd } from '../../trie/path.ts'
import { Scope } from '../../trie/scope.ts'
import type { GenerationRecord } from '../format/generation-record.ts'
import type { PageKey } from '../format/page-key.ts'
import { PageIndex } from './page-index.ts'

/** The facts about a generation, without its pages. */
export interface GenerationInfo {
  readonly generation: number
  readonly root: Uint8Array
  readonly blockNumber: number | null
  /** RLP of the header of the state's block; `null`: only the root is known. */
  readonly header: Uint8Array | null
  /** The synced part of the state. */
  readonly scope: Scope
}

/** Compared by identity: a handle of a deleted generation never meets a later one of the same number. */
export class GenerationState {
  record: GenerationRecord
  /** The part of the state to be stored. */
  readonly scope: Scope
  readonly pages = new PageIndex()
  /** In path order. */
  loose: readonly PageKey[] = []
  /** Hashes (hex digits) of codes named by the pages, but not stored. */
  readonly wanted = new Set<string>()

  constructor(record: GenerationRecord) {
    this.record = record
    this.scope = Scope.of(record.scope)
  }

  get number(): number {
    return this.record.generation
  }

  get info(): GenerationInfo {
    const { generation, root, blockNumber, header } = this.record
    return { generation, root, blockNumber, header, scope: this.scope }
  }

  /** True if the pages prove the whole scope to be stored. The empty state has no pages. */
  get isCovered(): boolean {
    return this.coversSubtree(ROOT_PATH) || bytesToHex(this.record.root) === EMPTY_ROOT_HEX
  }

  /** True if the node at `path` must be stored, here or in an older generation. */
  coversPath(path: Path): boolean {
    const { holes } = this.record
    return (
      this.pages.at(path) !== undefined &&
      this.scope.includes(path) &&
      !holes.some(({ start, end }) => start <= path && path < end)
    )
  }

  /** True if everything in the scope at and below `path` must be stored, here or in older generations. */
  coversSubtree(path: Path): boolean {
    const { holes } = this.record
    return this.pages.coversSubtree(path) && !holes.some(({ start, end }) => start < subtreeEnd(path) && end > path)
  }
}

/** Looks up a target's refs in older generations: whole subtrees, single nodes, or nothing. */
import type { OlderNode } from '../../sync/disk.ts'
import type { Ref } from '../../trie/node-source.ts'
import { type Path, subtreeEnd } from '../../trie/path.ts'
import type { Scope } from '../../trie/scope.ts'
import { SequenceCursor } from '../../trie/sequence.ts'
import type { GenerationState } from './generation-state.ts'
import { findInPage, readPage } from './page-reader.ts'
import type { StoreContext } from './store-context.ts'

/**
 * Looks through `older`, the newest first. A generation proves a subtree only if one of its own pages holds the node.
 * In addition, it must be complete or its pages must cover the subtree, and its scope must contain all of `scope`
 * there. Otherwise the node may be stored without its children. Rejects with `damagedPage`.
 */
export async function findOlder(
  context: StoreContext,
  older: readonly GenerationState[],
  ref: Ref,
  scope: Scope,
): Promise<OlderNode> {
  let part: Uint8Array | undefined
  let isTouched = false
  for (const state of older) {
    const page = state.pages.at(ref.path)
    const blob = page && (await findInPage(context, { state, page }, ref))
    if (blob !== undefined) {
      const isWhole = state.record.complete || state.coversSubtree(ref.path)
      if (isWhole && state.scope.contains(scope, ref.path)) return { found: 'whole', blob }
      part ??= blob
    }
    isTouched ||= part === undefined && (await hasEntries(context, state, ref.path))
  }
  return part === undefined ? { found: 'nothing', isTouched } : { found: 'part', blob: part }
}

/** True if the generation may hold a node at or below `path`; false is certain. */
async function hasEntries(context: StoreContext, state: GenerationState, path: Path): Promise<boolean> {
  const end = subtreeEnd(path)
  const [page, second] = state.pages.within({ start: path, end })
  if (page === undefined || second !== undefined) return page !== undefined
  const bytes = await readPage(context, page)
  return bytes === undefined || holdsWithin(bytes, path, end)
}

function holdsWithin(bytes: Uint8Array, start: Path, end: string): boolean {
  const cursor = new SequenceCursor(bytes)
  try {
    while (cursor.next()) {
      const { path } = cursor
      if (path >= start) return path < end
    }
    return false
  } catch {
    return true // damaged: the next lookup in this page reports the damage
  }
}

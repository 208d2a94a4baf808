/** Drops damage in one transaction: the page goes, and generations resting on it are not complete any more. */
import type { Path } from '../../trie/path.ts'
import { putGenerationRecord } from '../format/generation-record.ts'
import { encodePageKey, type PageKey } from '../format/page-key.ts'
import type { Operation } from '../format/record-types.ts'
import type { GenerationState } from './generation-state.ts'
import { planPunch, stretchOfNode } from './holes.ts'
import type { StoreContext } from './store-context.ts'

/** A page with its generation. */
export interface PlacedPage {
  readonly state: GenerationState
  readonly page: PageKey
}

/**
 * Drops a damaged page, punches its stretch into the newer generations, and reports the damage. Returns false, with
 * nothing done, if the page is not in its generation's index any more.
 */
export async function dropPage(context: StoreContext, state: GenerationState, page: PageKey): Promise<boolean> {
  const { records, catalog, queue, cache, onDamage } = context
  const { generation, start, end } = page
  const dropped = await queue.enter(async () => {
    if (!state.pages.has(page)) return false
    const changes = planPunch(catalog, generation, { start, end })
    if (state.record.complete) changes.push({ state, record: { ...state.record, complete: false } })
    const removal: Operation = { kind: 'delete', store: 'pages', key: encodePageKey(page) }
    await records.write([removal, ...changes.map(({ record }) => putGenerationRecord(record))], 'relaxed')
    state.pages.remove(page)
    for (const change of changes) change.state.record = change.record
    cache.delete(page)
    return true
  })
  if (dropped) onDamage({ generation, start, end })
  return dropped
}

/**
 * Punches the node at `path` out of every generation, and reports the damage. The pages in `searched` together must
 * have held the node. Returns false if this generation lacks the node already, or if one of these pages is gone.
 */
export async function holeAt(
  context: StoreContext,
  state: GenerationState,
  path: Path,
  searched: readonly PlacedPage[],
): Promise<boolean> {
  const { records, catalog, queue, onDamage } = context
  const hole = stretchOfNode(path)
  const punched = await queue.enter(async () => {
    if (!catalog.has(state) || !state.coversPath(path)) return false
    if (!searched.every(({ state, page }) => state.pages.has(page))) return false
    const changes = planPunch(catalog, 0, hole)
    await records.write(
      changes.map(({ record }) => putGenerationRecord(record)),
      'relaxed',
    )
    for (const change of changes) change.state.record = change.record
    return true
  })
  if (punched) onDamage({ generation: state.number, ...hole })
  return punched
}

/** What becomes of damage: one transaction that takes the page away, and what rested on it with it. */
import type { Path } from '../../trie/path.ts'
import { putGenerationRecord } from '../format/generation-record.ts'
import { encodePageKey, type PageKey } from '../format/page-key.ts'
import type { Operation } from '../format/record-types.ts'
import type { GenerationState } from './generation-state.ts'
import { planPunch, stretchOfNode } from './holes.ts'
import type { StoreContext } from './store-context.ts'

/** A page, and the generation that it belongs to. */
export interface PlacedPage {
  readonly state: GenerationState
  readonly page: PageKey
}

/**
 * Drops a damaged page, punches its stretch into the newer generations, and reports it. False: it is in its generation's
 * index no longer, and nothing was done.
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
 * Punches the node at `path` out of every generation, and reports it. False: it is out of this one already, or a page in
 * `searched`, which together must have held the node, is there no longer.
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

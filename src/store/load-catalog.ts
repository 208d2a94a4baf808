/**
 * Reads the catalog when the store opens, from keys and `meta` alone, and finds what does not fit: keys that are none, or
 * of no generation, pages that overlap, a generation that calls itself complete and is not covered. Such records are
 * dropped, as damaged pages are, and the next sync fetches what they held.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { Catalog, GenerationState } from './catalog.ts'
import { SCHEMA_VERSION } from './constants.ts'
import {
  damagedMeta,
  isGenerationKey,
  META_KEY,
  putGenerationRecord,
  readGenerationRecord,
} from './generation-record.ts'
import { decodePageKey, isLoose, type PageKey } from './page-key.ts'
import type { Operation, Records } from './records.ts'
import { decodeWantedKey } from './wanted-key.ts'

export interface LoadedCatalog {
  readonly catalog: Catalog
  /** What makes the records agree with the catalog; none, as a rule. */
  readonly repairs: readonly Operation[]
}

/** Rejects with `damagedMeta` if the records of the generations make no sense. */
export async function loadCatalog(records: Records): Promise<LoadedCatalog> {
  const catalog = new Catalog()
  await loadGenerations(records, catalog)
  const repairs = [
    ...(await loadCodes(records, catalog)),
    ...(await loadWanted(records, catalog)),
    ...(await loadPages(records, catalog)),
    ...uncomplete(catalog),
  ]
  return { catalog, repairs }
}

async function loadGenerations(records: Records, catalog: Catalog): Promise<void> {
  const schema = await records.get('meta', META_KEY.schema)
  if (schema !== SCHEMA_VERSION) throw damagedMeta(META_KEY.schema, `the schema is ${SCHEMA_VERSION}`)
  for (const key of await records.keys('meta')) {
    if (!isGenerationKey(key)) continue
    catalog.add(new GenerationState(readGenerationRecord(key, await records.get('meta', key))))
  }
  const complete = await records.get('meta', META_KEY.complete)
  if (complete === undefined) return
  const state = typeof complete === 'number' ? catalog.get(complete) : undefined
  if (state === undefined) throw damagedMeta(META_KEY.complete, 'it names a generation')
  catalog.lastComplete = state
}

async function loadCodes(records: Records, catalog: Catalog): Promise<Operation[]> {
  const repairs: Operation[] = []
  for (const key of await records.keys('codes')) {
    if (key.length === 32) catalog.codes.add(bytesToHex(key))
    else repairs.push({ kind: 'delete', store: 'codes', key })
  }
  return repairs
}

async function loadWanted(records: Records, catalog: Catalog): Promise<Operation[]> {
  const repairs: Operation[] = []
  for (const key of await records.keys('wanted')) {
    const wanted = decodeWantedKey(key)
    const state = wanted === null ? undefined : catalog.get(wanted.generation)
    if (wanted === null || state === undefined || catalog.codes.has(wanted.hash)) {
      repairs.push({ kind: 'delete', store: 'wanted', key })
    } else state.wanted.add(wanted.hash)
  }
  return repairs
}

async function loadPages(records: Records, catalog: Catalog): Promise<Operation[]> {
  const repairs: Operation[] = []
  for (const key of await records.keys('pages')) {
    const page = decodePageKey(key)
    const state = page === null ? undefined : catalog.get(page.generation)
    if (page === null || state === undefined || !place(state, page))
      repairs.push({ kind: 'delete', store: 'pages', key })
  }
  return repairs
}

/** Adds the page to its generation, unless it overlaps the one before. */
function place(state: GenerationState, page: PageKey): boolean {
  if (isLoose(page)) state.loose = [...state.loose, page]
  else if (state.pages.within(page).length > 0) return false
  else state.pages.add(page)
  return true
}

/** Takes back what a record claims and the keys refute. */
function uncomplete(catalog: Catalog): Operation[] {
  const refuted = catalog.generations.filter(({ record, isCovered, wanted }) => {
    return record.complete && (!isCovered || wanted.size > 0)
  })
  return refuted.map((state) => {
    state.record = { ...state.record, complete: false }
    return putGenerationRecord(state.record)
  })
}

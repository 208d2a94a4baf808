/**
 * Reads the catalog when the store opens, from keys and `meta` alone, and finds what does not fit: keys that are none, or
 * of no generation, pages that overlap, a generation that calls itself complete and is not covered, records of `meta` that
 * were changed. Such records are dropped, as damaged pages are, and the next sync fetches what they held.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Stretch } from '../../sync/disk.ts'
import { END } from '../../trie/path.ts'
import { SCHEMA_VERSION, VIEW_TRIES } from '../constants.ts'
import type { Records } from '../database/records.ts'
import { StoreError } from '../errors.ts'
import {
  generationKey,
  isGenerationKey,
  putComplete,
  putGenerationRecord,
  readCompleteRecord,
  readGenerationRecord,
} from '../format/generation-record.ts'
import { META_KEY, readNumber } from '../format/meta.ts'
import { decodePageKey, isLoose, type PageKey } from '../format/page-key.ts'
import type { Operation } from '../format/record-types.ts'
import { decodeWantedKey } from '../format/wanted-key.ts'
import { Catalog } from './catalog.ts'
import { GenerationState } from './generation-state.ts'
import { punch } from './holes.ts'
import { PageIndex } from './page-index.ts'

interface LoadedCatalog {
  readonly catalog: Catalog
  /** What makes the records agree with the catalog; none, as a rule. */
  readonly repairs: readonly Operation[]
}

/**
 * Rejects with `damagedMeta` if the records do not say that their form is the one that is known here. `onNothingComplete` is
 * called if no state is complete, before the longest part of the reading.
 */
export async function loadCatalog(records: Records, onNothingComplete = () => {}): Promise<LoadedCatalog> {
  const { catalog, repairs } = loadMeta(await readMeta(records))
  if (catalog.lastComplete === null) onNothingComplete()
  return { catalog, repairs: [...repairs, ...(await loadKeys(records, catalog))] }
}

/**
 * The catalog for a tab that only reads, beside one that writes: what was read of the keys goes with `meta` only if that is
 * the same before and behind, for whatever takes something away changes it. Without a complete state nothing is read of
 * pages, so their keys, which may be many, are not listed.
 */
export async function viewCatalog(records: Records): Promise<Catalog> {
  let meta = await readMeta(records)
  for (let tries = 1; ; tries++) {
    const { catalog } = loadMeta(meta)
    if (catalog.lastComplete !== null) await loadKeys(records, catalog)
    const behind = await readMeta(records)
    if (textOf(meta) === textOf(behind) || tries === VIEW_TRIES) return catalog
    meta = behind
  }
}

/** All records of `meta`. */
type Meta = ReadonlyMap<string, unknown>

async function readMeta(records: Records): Promise<Meta> {
  const keys = await records.keys('meta')
  return new Map(await Promise.all(keys.map(async (key) => [key, await records.get('meta', key)] as const)))
}

function textOf(meta: Meta): string {
  const plain = (_: string, value: unknown) => (value instanceof Uint8Array ? bytesToHex(value) : value)
  return JSON.stringify([...meta], plain)
}

function loadMeta(meta: Meta): LoadedCatalog {
  if (meta.get(META_KEY.schema) !== SCHEMA_VERSION) throw damagedSchema()
  const catalog = new Catalog()
  return { catalog, repairs: [...loadGenerations(meta, catalog), ...findComplete(meta, catalog)] }
}

function damagedSchema(): StoreError {
  const details = { key: META_KEY.schema, rule: `the schema is ${SCHEMA_VERSION}` }
  return new StoreError('damagedMeta', `damaged record "${details.key}": ${details.rule}`, { details })
}

async function loadKeys(records: Records, catalog: Catalog): Promise<Operation[]> {
  return [
    ...(await loadCodes(records, catalog)),
    ...(await loadWanted(records, catalog)),
    ...(await loadPages(records, catalog)),
    ...uncomplete(catalog),
  ]
}

/** A generation whose record is damaged is lost with its pages, unless {@link findComplete} knows it. */
function loadGenerations(meta: Meta, catalog: Catalog): Operation[] {
  const repairs: Operation[] = []
  for (const [key, value] of meta) {
    if (!isGenerationKey(key)) continue
    const record = readGenerationRecord(key, value)
    if (record !== null) catalog.add(new GenerationState(record))
    else repairs.push({ kind: 'delete', store: 'meta', key })
  }
  // A record that is damaged names nothing: all that is there may be rested on.
  catalog.oldest = readNumber('oldest', meta.get(META_KEY.oldest)) ?? 0
  catalog.target = catalog.get(readNumber('target', meta.get(META_KEY.target)) ?? 0) ?? null
  return repairs
}

/**
 * `complete` and the record that it names can each be made again from the other: from the record, because the newest that
 * was ever complete is the one; from `complete`, because the keys of the pages say the rest.
 */
function findComplete(meta: Meta, catalog: Catalog): Operation[] {
  const named = readCompleteRecord(meta.get(META_KEY.complete))
  if (named !== null) {
    const known = catalog.get(named.generation)
    catalog.lastComplete = known ?? new GenerationState(named)
    catalog.add(catalog.lastComplete)
    return known === undefined ? [putGenerationRecord(named)] : []
  }
  catalog.lastComplete = catalog.generations.find(({ record }) => record.complete) ?? null
  return catalog.lastComplete === null ? [] : [putComplete(catalog.lastComplete.record)]
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
  const keys = await records.keys('wanted')
  const isDamaged = keys.some((key) => decodeWantedKey(key) === null)
  const repairs = isDamaged ? dropUnfinished(catalog) : []
  for (const key of keys) {
    const wanted = decodeWantedKey(key)
    const state = wanted === null ? undefined : catalog.get(wanted.generation)
    if (wanted === null || state === undefined || catalog.codes.has(wanted.hash)) {
      repairs.push({ kind: 'delete', store: 'wanted', key })
    } else state.wanted.add(wanted.hash)
  }
  return repairs
}

/**
 * Some code was wanted, and nothing says which, or for whom: a generation that is not finished would end without it. One
 * that was complete once learns of it from the read that misses it.
 */
function dropUnfinished(catalog: Catalog): Operation[] {
  const unfinished = catalog.generations.filter((state) => !state.record.complete && state !== catalog.lastComplete)
  return unfinished.map((state) => {
    catalog.delete(state)
    return { kind: 'delete', store: 'meta', key: generationKey(state.number) }
  })
}

async function loadPages(records: Records, catalog: Catalog): Promise<Operation[]> {
  const repairs: Operation[] = []
  const lost = new Map<number, PageIndex>()
  for (const key of await records.keys('pages')) {
    const page = decodePageKey(key)
    const state = page === null ? undefined : catalog.get(page.generation)
    if (page !== null && state !== undefined && place(state, page)) continue
    repairs.push({ kind: 'delete', store: 'pages', key })
    if (page === null || state !== undefined || isLoose(page) || page.generation < catalog.oldest) continue
    const pages = lost.get(page.generation) ?? new PageIndex()
    lost.set(page.generation, pages)
    if (pages.within(page).length === 0) pages.add(page)
  }
  // Of a generation that was lost with its record, newer ones may have had something.
  for (const [generation, pages] of lost) {
    for (const hole of pages.stretches()) repairs.push(...punch(catalog, generation, hole))
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

/** Takes back what a record claims and the keys refute, and what newer generations claim that rest on it. */
function uncomplete(catalog: Catalog): Operation[] {
  const repairs: Operation[] = []
  for (const state of [...catalog.generations].reverse()) {
    const { record, isCovered, wanted, pages, number } = state
    if (!record.complete || (isCovered && wanted.size === 0)) continue
    state.record = { ...record, complete: false }
    repairs.push(putGenerationRecord(state.record))
    if (!isCovered) for (const hole of gapsBetween(pages.stretches())) repairs.push(...punch(catalog, number, hole))
  }
  return repairs
}

/** What stretches in path order leave out. */
function gapsBetween(stretches: readonly Stretch[]): Stretch[] {
  const starts = [...stretches.map(({ start }) => start), END]
  const ends = ['', ...stretches.map(({ end }) => end)]
  return ends.map((start, i) => ({ start, end: starts[i]! })).filter(({ start, end }) => start < end)
}

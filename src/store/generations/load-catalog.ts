/**
 * Reads the catalog when the store opens, from keys and `meta` alone, and finds contradictions. These are invalid keys,
 * keys without a generation, overlapping pages, a complete generation without full coverage, and changed records of
 * `meta`. Contradicting records are dropped like damaged pages, and the next sync fetches their contents.
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
  /** The writes to make the records agree with the catalog; normally none. */
  readonly repairs: readonly Operation[]
}

/**
 * Loads the catalog of a writer. Rejects with `damagedMeta` if the records do not have the known schema.
 * `onNothingComplete` is called if no state is complete, before the longest part of the reading.
 */
export async function loadCatalog(records: Records, onNothingComplete = () => {}): Promise<LoadedCatalog> {
  const { catalog, repairs } = loadMeta(await readMeta(records))
  if (catalog.lastComplete === null) onNothingComplete()
  return { catalog, repairs: [...repairs, ...(await loadKeys(records, catalog))] }
}

/**
 * Loads the catalog of a tab that only reads, beside a writing tab. The writer changes `meta` with every removal, so
 * the keys fit `meta` only if `meta` is the same before and after. Without a complete state there is nothing to read,
 * and the keys of pages, perhaps many, are not listed.
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

/**
 * Adds the generations of `meta`. A generation with a damaged record is lost with its pages, unless {@link
 * findComplete} knows it.
 */
function loadGenerations(meta: Meta, catalog: Catalog): Operation[] {
  const repairs: Operation[] = []
  for (const [key, value] of meta) {
    if (!isGenerationKey(key)) continue
    const record = readGenerationRecord(key, value)
    if (record !== null) catalog.add(new GenerationState(record))
    else repairs.push({ kind: 'delete', store: 'meta', key })
  }
  // A damaged record names nothing: newer generations may rest on all that is there.
  catalog.oldest = readNumber('oldest', meta.get(META_KEY.oldest)) ?? 0
  catalog.target = catalog.get(readNumber('target', meta.get(META_KEY.target)) ?? 0) ?? null
  return repairs
}

/**
 * Finds the last complete generation. `complete` and the record named by it can each be restored from the other.
 * Without `complete`, the newest complete generation is the one; without the record, the keys of the pages tell the
 * rest.
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
 * Drops unfinished generations after the loss of a wanted code's key: nothing tells the code or the generation, so an
 * unfinished one would complete without the code. A generation completed earlier learns of the loss from the read
 * missing the code.
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
  // Newer generations may have rested on a generation lost with its record.
  for (const [generation, pages] of lost) {
    for (const hole of pages.stretches()) repairs.push(...punch(catalog, generation, hole))
  }
  return repairs
}

/** Adds the page to its generation, unless the page overlaps another one. */
function place(state: GenerationState, page: PageKey): boolean {
  if (isLoose(page)) state.loose = [...state.loose, page]
  else if (state.pages.within(page).length > 0) return false
  else state.pages.add(page)
  return true
}

/** Takes back claims of completeness refuted by the keys, and those of newer generations resting on them. */
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

/** Returns the gaps between stretches in path order. */
function gapsBetween(stretches: readonly Stretch[]): Stretch[] {
  const starts = [...stretches.map(({ start }) => start), END]
  const ends = ['', ...stretches.map(({ end }) => end)]
  return ends.map((start, i) => ({ start, end: starts[i]! })).filter(({ start, end }) => start < end)
}

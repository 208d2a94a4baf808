/**
 * The disk, read without the library: a page of the same origin reads IndexedDB's raw records. The formats' own readers
 * take the records apart in Node.
 */

import { bytesToHex } from '@noble/hashes/utils.js'
import type { Page } from '@playwright/test'
import { decodePageKey, isLoose, type PageKey } from '../src/store/format/page-key.ts'
import type { Operation } from '../src/store/format/record-types.ts'
import { keccak256 } from '../src/trie/keccak.ts'
import type { Path } from '../src/trie/path.ts'
import { SequenceCursor } from '../src/trie/sequence.ts'

/** A page on disk. */
export interface StoredPage {
  readonly key: PageKey
  readonly bytes: Uint8Array
  /** Front-coded entries; a damaged page has none. */
  readonly nodes: ReadonlyMap<Path, Uint8Array>
}

/** A database. */
export interface Disk {
  /** Pages with their coverage. */
  readonly pages: readonly StoredPage[]
  readonly loose: readonly StoredPage[]
  /** By hash in hex digits. The hash is checked. */
  readonly codes: ReadonlyMap<string, Uint8Array>
  /** The number of codes named and not stored. */
  readonly wanted: number
}

/** Returns every record of the database, as the writes to make the record again. `page` is any page of the origin. */
export async function readRecords(page: Page, database = 'e2e'): Promise<Operation[]> {
  const raw = await page.evaluate(dump, database)
  return (['pages', 'codes', 'wanted', 'meta'] as const).flatMap((store) =>
    raw[store].map(([key, value]) => ({ kind: 'put', store, key, value }) as Operation),
  )
}

/** Reads the whole database; `page` is any page of its origin. Throws for a record outside of the format. */
export async function readDisk(page: Page, database = 'e2e'): Promise<Disk> {
  return diskOf(await readRecords(page, database))
}

/** Returns the disk made of these records. Throws for a record outside of the format. */
export function diskOf(records: readonly Operation[]): Disk {
  const stored: StoredPage[] = []
  const codes = new Map<string, Uint8Array>()
  let wanted = 0
  for (const record of records) {
    if (record.kind !== 'put') continue
    if (record.store === 'pages') stored.push(storedPage(record.key, record.value))
    else if (record.store === 'codes') codes.set(bytesToHex(record.key), record.value)
    else if (record.store === 'wanted') wanted++
  }
  for (const [hash, code] of codes) if (bytesToHex(keccak256(code)) !== hash) throw new Error(`code ${hash} is another`)
  return {
    pages: stored.filter(({ key }) => !isLoose(key)),
    loose: stored.filter(({ key }) => isLoose(key)),
    codes,
    wanted,
  }
}

/** Returns all nodes of these pages, by path. For a path in several generations, the newest node counts. */
export function nodesOf(pages: readonly StoredPage[]): Map<Path, Uint8Array> {
  return new Map(pages.flatMap(({ nodes }) => [...nodes]))
}

/** Compares two maps of bytes: keys in only one of the maps, and keys with different values. */
export function differences(got: ReadonlyMap<string, Uint8Array>, expected: ReadonlyMap<string, Uint8Array>) {
  const isSame = (key: string) => Buffer.compare(got.get(key)!, expected.get(key)!) === 0
  return {
    missing: [...expected.keys()].filter((key) => !got.has(key)),
    surplus: [...got.keys()].filter((key) => !expected.has(key)),
    different: [...got.keys()].filter((key) => expected.has(key) && !isSame(key)),
  }
}

/** The result of {@link differences} for equal maps. */
export const NO_DIFFERENCES = { missing: [], surplus: [], different: [] }

/** Writes `value` under the key of a stored page. */
export async function overwritePage(page: Page, key: Uint8Array, value: Uint8Array, database = 'e2e'): Promise<void> {
  await page.evaluate(overwrite, { database, key, value })
}

function storedPage(keyBytes: Uint8Array, bytes: Uint8Array): StoredPage {
  const key = decodePageKey(keyBytes)
  if (key === null) throw new Error(`not the key of a page: ${bytesToHex(keyBytes)}`)
  const nodes = new Map<Path, Uint8Array>()
  const cursor = new SequenceCursor(bytes)
  while (cursor.next()) nodes.set(cursor.path, bytes.subarray(cursor.start, cursor.end))
  return { key, bytes, nodes }
}

/** Runs in the page. */
async function dump(database: string) {
  const settled = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const connection = await settled(indexedDB.open(database))
  const stores = connection.transaction(['pages', 'codes', 'wanted', 'meta'])
  const entries = async (name: string): Promise<[key: Uint8Array | string, value: unknown][]> => {
    const store = stores.objectStore(name)
    const [keys, values] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())])
    return keys.map((key, i) => [key instanceof ArrayBuffer ? new Uint8Array(key) : String(key), values[i]])
  }
  const [pages, codes, wanted, meta] = await Promise.all(['pages', 'codes', 'wanted', 'meta'].map(entries))
  connection.close()
  return { pages: pages!, codes: codes!, wanted: wanted!, meta: meta! }
}

/** Runs in the page. */
async function overwrite({ database, key, value }: { database: string; key: Uint8Array; value: Uint8Array }) {
  const connection = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(database)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const transaction = connection.transaction('pages', 'readwrite')
  transaction.objectStore('pages').put(value, key as Uint8Array<ArrayBuffer>)
  await new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
  })
  connection.close()
}

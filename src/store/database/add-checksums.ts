/**
 * Schema 2 → 3: keys of pages and of wanted codes end with a checksum (see `page-key.ts`, `wanted-key.ts`). The records
 * of generations and the record `complete` have one too (see `generation-record.ts`). Values of pages stay the same.
 * Bytes which were no key in version 2 are left alone; the next opening drops them.
 */
import { checksum } from '../format/checksum.ts'
import { isGenerationKey } from '../format/generation-record.ts'
import { META_KEY, sealed } from '../format/meta.ts'
import type { MetaValue } from '../format/record-types.ts'
import type { StateDatabase, StateUpgrade } from './schema.ts'

const GENERATION_BYTES = 4
const WANTED_BYTES = 36

/** Rewrites every key. Pages are read and written once, one at a time, so memory stays flat. */
export async function addChecksums(_: StateDatabase, upgrade: StateUpgrade): Promise<void> {
  for (const store of ['pages', 'wanted'] as const) {
    const records = upgrade.objectStore(store)
    for (const key of await records.getAllKeys()) {
      const bytes = new Uint8Array(key as ArrayBuffer)
      const value = await records.get(key)
      const next = store === 'pages' ? pageKey(bytes) : wantedKey(bytes)
      if (next === null || value === undefined) continue
      await records.delete(key)
      await records.put(value as Uint8Array & number, next)
    }
  }
  await sealRecords(upgrade)
}

async function sealRecords(upgrade: StateUpgrade): Promise<void> {
  const meta = upgrade.objectStore('meta')
  for (const key of await meta.getAllKeys()) {
    const fields = await meta.get(key)
    if (isGenerationKey(key) && isObject(fields)) await meta.put(sealed(key, fields), key)
  }
  const complete = await meta.get(META_KEY.complete)
  if (typeof complete !== 'number') return
  const record = await meta.get(`generation:${complete}`)
  if (!isObject(record)) return
  const { generation = null, root = null, blockNumber = null } = record
  await meta.put(sealed(META_KEY.complete, { generation, root, blockNumber }), META_KEY.complete)
}

/**
 * In version 2 the key of a loose page ended with the page's end. Now a zero follows, as in the keys of other pages.
 */
function pageKey(bytes: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const startEnd = bytes.indexOf(0, GENERATION_BYTES)
  if (startEnd < 0) return null
  const isLoose = bytes.indexOf(0, startEnd + 1) < 0
  return withChecksum(bytes, isLoose ? 1 : 0)
}

function wantedKey(bytes: Uint8Array): Uint8Array<ArrayBuffer> | null {
  return bytes.length === WANTED_BYTES ? withChecksum(bytes, 0) : null
}

/** Returns the bytes, this many zeros, and the checksum of both. */
function withChecksum(bytes: Uint8Array, zeros: number): Uint8Array<ArrayBuffer> {
  const end = bytes.length + zeros
  const sum = new Uint8Array(end + 4)
  sum.set(bytes)
  new DataView(sum.buffer).setUint32(end, checksum(sum, end))
  return sum
}

function isObject(value: unknown): value is Readonly<Record<string, MetaValue>> {
  return typeof value === 'object' && value !== null
}

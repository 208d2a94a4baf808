/**
 * The catalog of a database: a small file beside LevelDB's own, listing the complete states and the check of each
 * inventory. Each write replaces the whole file, so a crash leaves the old or the new catalog. LevelDB cannot notice
 * the loss of its log's end; the catalog can.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ServerError } from './error.ts'
import { diskError } from './platform-error.ts'
import { replaceFile } from './replace-file.ts'
import type { StateInfo } from './state-info.ts'
import { checkOf } from './state-inventory.ts'

/** A complete state, and the check of its inventory. */
export interface CatalogEntry extends StateInfo {
  readonly inventory: number
}

/** The format of a data directory. A format unreadable for older versions gets another number. */
const FORMAT_VERSION = 2
const FILE = 'CATALOG'

/**
 * Reads the complete states of the database in `directory`, oldest first. Returns `missing` or `damaged` if there is no
 * list. Throws `ServerError` `badDatabase` for a catalog of a newer version.
 */
export async function readCatalog(directory: string): Promise<CatalogEntry[] | 'missing' | 'damaged'> {
  const path = join(directory, FILE)
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing'
    throw diskError(`cannot read ${path}`, error)
  }
  const end = bytes.indexOf('\n')
  const body = bytes.subarray(end + 1)
  if (end < 0 || bytes.toString('latin1', 0, end) !== checkText(body)) return 'damaged'
  const { version, states } = JSON.parse(body.toString()) as { version: number; states: CatalogEntry[] }
  if (version <= FORMAT_VERSION) return states
  const message = `${directory} was written by a newer version of rootlight (format ${version}, expected ${FORMAT_VERSION})`
  throw new ServerError('badDatabase', message, { details: { got: version, expected: FORMAT_VERSION } })
}

/** Replaces the catalog. Throws `ServerError` `diskFull` or `badDatabase`, and keeps the old catalog then. */
export async function writeCatalog(directory: string, states: readonly CatalogEntry[]): Promise<void> {
  const path = join(directory, FILE)
  const body = Buffer.from(`${JSON.stringify({ version: FORMAT_VERSION, states })}\n`)
  await replaceFile(path, Buffer.concat([Buffer.from(`${checkText(body)}\n`), body]))
}

function checkText(body: Uint8Array): string {
  return `rootlight catalog ${checkOf(body).toString(16).padStart(8, '0')}`
}

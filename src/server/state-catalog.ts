/**
 * The catalog of a database: one small file beside LevelDB's own that says which states are complete, and the check of
 * each one's inventory. It is replaced as a whole, so a crash leaves the old one or the new one. LevelDB cannot tell by
 * itself that it has lost the end of its log; the catalog can.
 */
import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ServerError } from './error.ts'
import { diskError } from './platform-error.ts'
import type { StateInfo } from './state-database.ts'
import { checkOf } from './state-inventory.ts'

/** A complete state, and the check of its inventory. */
export interface CatalogEntry extends StateInfo {
  readonly inventory: number
}

/** The form of a data directory. Another one that older versions cannot read gets another number. */
const FORMAT_VERSION = 2
const FILE = 'CATALOG'

/**
 * The complete states of the database in `directory`, oldest first; `missing` and `damaged` say why there is no list.
 * Throws `ServerError` `badDatabase` where a newer version has written it.
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

/** Replaces the catalog. Throws `ServerError` `diskFull` or `badDatabase`; then the old one stays. */
export async function writeCatalog(directory: string, states: readonly CatalogEntry[]): Promise<void> {
  const path = join(directory, FILE)
  const body = Buffer.from(`${JSON.stringify({ version: FORMAT_VERSION, states })}\n`)
  try {
    const file = await open(`${path}.new`, 'w')
    try {
      await file.writeFile(Buffer.concat([Buffer.from(`${checkText(body)}\n`), body]))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${path}.new`, path)
  } catch (error) {
    await rm(`${path}.new`, { force: true }).catch(() => {}) // it takes room only, and the next write replaces it
    throw diskError(`cannot write ${path}`, error)
  }
}

function checkText(body: Uint8Array): string {
  return `rootlight catalog ${checkOf(body).toString(16).padStart(8, '0')}`
}

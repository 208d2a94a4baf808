/** Brings a database whose own files are damaged back to where it can be opened and written. What its states lost shows afterwards. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isRootlightError } from '../trie/error.ts'
import { damagedTables } from './check-tables.ts'
import { repairLevel } from './level.ts'

/** True for a database that LevelDB cannot open or write because its files are not what it has written. */
export function isDamagedDatabase(error: unknown): boolean {
  if (!isRootlightError(error, 'badDatabase')) return false
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException
    // A file that a damaged one names is not there: LevelDB says so as a failure of the disk.
    if (code === 'LEVEL_CORRUPTION' || (code === 'LEVEL_IO_ERROR' && /No such file/.test(cause.message))) return true
    if (code === undefined && /^(Corruption|Invalid argument|NotFound)/.test(cause.message)) return true
  }
  return false
}

/** Rewrites the database in `directory` from what can be read of its files. Throws `diskFull` or `badDatabase`. */
export async function repairDatabase(directory: string): Promise<void> {
  // LevelDB would not survive to look at these.
  for (const name of await damagedTables(directory)) await rm(join(directory, name))
  await repairLevel(directory)
  // LevelDB keeps what it has replaced; all that counts of it is verified against inventories, or imported again.
  await rm(join(directory, 'lost'), { recursive: true, force: true })
}

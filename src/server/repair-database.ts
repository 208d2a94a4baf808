/**
 * Repairs a database with damaged files, so it can be opened and written again. Losses of its states show afterwards.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isRootlightError } from '../runtime/error.ts'
import { damagedTables } from './check-tables.ts'
import { repairLevel } from './level.ts'
import { onDisk } from './platform-error.ts'

/** True if LevelDB cannot open or write the database because of damaged files. */
export function isDamagedDatabase(error: unknown): boolean {
  if (!isRootlightError(error, 'badDatabase')) return false
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException
    // A damaged file may name a missing one, and LevelDB then reports a failure of the disk.
    if (code === 'LEVEL_CORRUPTION' || (code === 'LEVEL_IO_ERROR' && /No such file/.test(cause.message))) return true
    if (code === undefined && /^(Corruption|Invalid argument|NotFound)/.test(cause.message)) return true
  }
  return false
}

/**
 * Rewrites the database in `directory` from all readable files. Throws `missingPackage`, `diskFull` or `badDatabase`.
 */
export async function repairDatabase(directory: string): Promise<void> {
  // Opening one of these tables would end the process.
  for (const name of await damagedTables(directory)) await remove(join(directory, name))
  await repairLevel(directory)
  // LevelDB keeps the replaced files. They are not needed: states are verified against inventories, or imported again.
  await remove(join(directory, 'lost'))
}

function remove(path: string): Promise<void> {
  return onDisk(`cannot delete ${path}`, rm(path, { recursive: true, force: true }))
}

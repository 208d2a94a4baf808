/** Opens LevelDB through `classic-level`, an optional package needed by servers only. */
import type { ClassicLevel } from 'classic-level'
import { TABLE_BYTES, WRITE_BUFFER_BYTES } from './constants.ts'
import { missingPackage, ServerError } from './error.ts'
import { diskError } from './platform-error.ts'

export type Level<Key> = ClassicLevel<Key, Uint8Array>

/**
 * Opens the database in `directory`, and with `createIfMissing` creates a missing one; the parent directory must exist.
 * Values are mostly hashes, so they are not compressed. Throws `ServerError` `missingPackage`, `databaseInUse`,
 * `diskFull` or `badDatabase`.
 */
export async function openLevel<Key>(
  directory: string,
  keyEncoding: 'utf8' | 'view',
  createIfMissing = true,
): Promise<Level<Key>> {
  const { ClassicLevel } = await classicLevel()
  const level = new ClassicLevel<Key, Uint8Array>(directory, { keyEncoding, valueEncoding: 'view' })
  try {
    await level.open({
      createIfMissing,
      compression: false,
      writeBufferSize: WRITE_BUFFER_BYTES,
      maxFileSize: TABLE_BYTES,
    })
  } catch (error) {
    throw openError(directory, error)
  }
  return level
}

/**
 * Rebuilds the database in `directory` from all readable data, so it can be opened again. Throws `missingPackage`,
 * `diskFull` or `badDatabase`.
 */
export async function repairLevel(directory: string): Promise<void> {
  const { ClassicLevel } = await classicLevel()
  try {
    await ClassicLevel.repair(directory)
  } catch (error) {
    throw diskError(`cannot repair ${directory}`, error)
  }
}

async function classicLevel() {
  return import('classic-level').catch((cause: unknown) => {
    throw missingPackage('classic-level', cause)
  })
}

function openError(directory: string, error: unknown): unknown {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if ((cause as NodeJS.ErrnoException).code !== 'LEVEL_LOCKED') return diskError(`cannot open ${directory}`, error)
  return new ServerError('databaseInUse', `cannot open ${directory}: another process has it open`, {
    details: { directory },
    cause,
  })
}

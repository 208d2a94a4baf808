/** Opens LevelDB through `classic-level`, an optional package: only a server needs it. */
import type { ClassicLevel } from 'classic-level'
import { TABLE_BYTES, WRITE_BUFFER_BYTES } from './constants.ts'
import { missingPackage, ServerError } from './error.ts'
import { diskError } from './platform-error.ts'

export type Level<Key> = ClassicLevel<Key, Uint8Array>

/**
 * Opens the database in `directory`, which is created where it is missing (unless told otherwise), in a directory that is there. Values are hashes
 * for the most part: they are not compressed. Throws `ServerError` `missingPackage`, `databaseInUse`, `diskFull` or
 * `badDatabase`.
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

/** Makes the database in `directory` one that can be opened again, of what can still be read. Throws `diskFull` or `badDatabase`. */
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

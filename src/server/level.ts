/** Opens LevelDB through `classic-level`, an optional package: only a server needs it. */
import type { ClassicLevel } from 'classic-level'
import { TABLE_BYTES, WRITE_BUFFER_BYTES } from './constants.ts'
import { missingPackage, ServerError } from './error.ts'

export type Level<Key> = ClassicLevel<Key, Uint8Array>

/**
 * Opens the database in `directory`, which is created where it is missing. Values are hashes for the most part: they are
 * not compressed. Throws `ServerError` `missingPackage`, `databaseInUse` or `badDatabase`.
 */
export async function openLevel<Key>(directory: string, keyEncoding: 'utf8' | 'view'): Promise<Level<Key>> {
  const { ClassicLevel } = await import('classic-level').catch((cause: unknown) => {
    throw missingPackage('classic-level', cause)
  })
  const level = new ClassicLevel<Key, Uint8Array>(directory, { keyEncoding, valueEncoding: 'view' })
  try {
    await level.open({ compression: false, writeBufferSize: WRITE_BUFFER_BYTES, maxFileSize: TABLE_BYTES })
  } catch (error) {
    throw openError(directory, error)
  }
  return level
}

function openError(directory: string, error: unknown): ServerError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const inUse = (cause as NodeJS.ErrnoException).code === 'LEVEL_LOCKED'
  const why = inUse ? 'another process has it open' : String((cause as Error).message)
  return new ServerError(inUse ? 'databaseInUse' : 'badDatabase', `cannot open ${directory}: ${why}`, {
    details: { directory },
    cause,
  })
}

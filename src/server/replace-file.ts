/** Replaces small files whole: a crash or a loss of power leaves the old or the new file, never a part of one. */
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { diskError } from './platform-error.ts'

/**
 * Replaces the file at `path`, or makes a new one. Throws `ServerError` `diskFull` or `badDatabase`, and keeps the old
 * file then.
 */
export async function replaceFile(path: string, bytes: Uint8Array, mode = 0o666): Promise<void> {
  const aside = `${path}.new`
  try {
    const file = await open(aside, 'w', mode)
    try {
      await file.writeFile(bytes)
      // Otherwise the disk may hold the new name before the bytes.
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(aside, path)
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {}) // only takes room, and the next write replaces the file
    throw diskError(`cannot write ${path}`, error)
  }
  await syncDirectory(dirname(path))
}

/** Writes the new name to the disk. Some platforms cannot; the name then follows by itself after some time. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r')
    await directory.sync().finally(() => directory.close())
  } catch {
    // The file itself is there and whole.
  }
}

/** Makes directories. Node's own `recursive` loops for ever below /proc, where mkdir reports a missing parent. */
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { ServerError } from './error.ts'
import { diskError, onDisk } from './platform-error.ts'

/** Makes the directory at `path` and all missing parents. Throws `badDatabase` or `diskFull`. */
export async function makeDirectory(path: string): Promise<void> {
  const missing: string[] = []
  try {
    for (let at = resolve(path); !(await isDirectory(at)); at = dirname(at)) missing.unshift(at)
    for (const directory of missing) {
      await mkdir(directory).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST' || !(await isDirectory(directory))) throw error
      })
    }
  } catch (error) {
    throw diskError(`cannot use ${path} as a data directory`, error)
  }
}

/** Returns false if `path` does not exist. Throws `badDatabase` if `path` is no directory. */
async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) return false
  if (found.isDirectory()) return true
  throw new ServerError('badDatabase', `cannot use ${path} as a data directory: it is a file`, { details: { path } })
}

/** Makes a temporary directory. {@link removeTemporary} deletes the directory, and so does any exit of the process. */
export async function makeTemporary(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'rootlight-')).catch((error: unknown) => {
    throw diskError(`cannot make a temporary directory in ${tmpdir()}`, error)
  })
  if (temporary.size === 0) process.on('exit', removeAll)
  temporary.add(path)
  return path
}

/** Deletes a directory of {@link makeTemporary}. Throws `badDatabase`; the exit of the process then tries again. */
export async function removeTemporary(path: string): Promise<void> {
  await onDisk(`cannot delete ${path}`, rm(path, { recursive: true, force: true }))
  temporary.delete(path)
  if (temporary.size === 0) process.off('exit', removeAll)
}

const temporary = new Set<string>()

function removeAll(): void {
  for (const path of temporary) rmSync(path, { recursive: true, force: true })
}

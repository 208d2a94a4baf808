/** Turns failures of the operating system and of LevelDB into coded errors, naming the attempt and the reason. */
import { isRootlightError } from '../runtime/error.ts'
import { ServerError } from './error.ts'

/**
 * Returns the coded form of `cause`: `diskFull` without room on the disk, otherwise `code` with the platform's own
 * words. Returns coded errors and bugs unchanged.
 */
export function diskError(what: string, cause: unknown, code: 'badDatabase' | 'unreadable' = 'badDatabase'): unknown {
  if (isRootlightError(cause) || !isPlatformError(cause)) return cause
  const reason = reasonOf(cause)
  const isFull = /ENOSPC|EDQUOT|EFBIG|No space left|quota exceeded|File too large/i.test(`${cause.code} ${reason}`)
  return new ServerError(isFull ? 'diskFull' : code, `${what}: ${isFull ? 'the disk is full' : reason}`, { cause })
}

/** Waits for an attempt at the disk. Rejects as {@link diskError} does. */
export async function onDisk<T>(what: string, attempt: PromiseLike<T>): Promise<T> {
  try {
    return await attempt
  } catch (cause) {
    throw diskError(what, cause)
  }
}

/** True for a refusal by the operating system or LevelDB, false for a bug of ours. */
export function isPlatformError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error)) return false
  const { code, syscall } = error as NodeJS.ErrnoException
  return syscall !== undefined || (typeof code === 'string' && /^(LEVEL_|E[A-Z]+$|ERR_FS_)/.test(code))
}

/** Returns the reason of a failure. LevelDB wraps the cause of a failed opening into a generic error. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message
}

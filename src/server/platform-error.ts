/** Failures of the operating system, and of LevelDB on it, as coded errors that say what was tried and why it failed. */
import { isRootlightError } from '../trie/error.ts'
import { ServerError } from './error.ts'

/**
 * The coded form of `cause`: `diskFull` where there is no room, else `code` with the platform's own words. Errors that
 * have a code of ours, and bugs, come through as they are.
 */
export function diskError(what: string, cause: unknown, code: 'badDatabase' | 'unreadable' = 'badDatabase'): unknown {
  if (isRootlightError(cause) || !isPlatformError(cause)) return cause
  const reason = reasonOf(cause)
  const isFull = /ENOSPC|EDQUOT|EFBIG|No space left|quota exceeded|File too large/i.test(`${cause.code} ${reason}`)
  return new ServerError(isFull ? 'diskFull' : code, `${what}: ${isFull ? 'the disk is full' : reason}`, { cause })
}

/** True for what the operating system, or LevelDB, refused to do: not a bug of ours. */
export function isPlatformError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error)) return false
  const { code, syscall } = error as NodeJS.ErrnoException
  return syscall !== undefined || (typeof code === 'string' && /^(LEVEL_|E[A-Z]+$|ERR_FS_)/.test(code))
}

/** The cause of a failure to open LevelDB stands behind a generic error. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message
}

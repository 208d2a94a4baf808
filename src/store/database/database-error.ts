/** Turns failures of IndexedDB into the store's own errors. */
import { StoreError } from '../errors.ts'

/**
 * True if a value exists but cannot be read. Chromium keeps values over 64 KiB in separate files, and files get lost.
 */
export function isUnreadable(cause: unknown): boolean {
  return nameOf(cause) === 'NotReadableError' || nameOf(cause) === 'DataError'
}

/** Returns the {@link StoreError} for an error thrown or reported by IndexedDB. */
export function codedError(cause: unknown): StoreError {
  switch (nameOf(cause)) {
    case 'QuotaExceededError':
      return new StoreError('quotaExceeded', 'the browser grants no more storage', { cause })
    case 'VersionError':
      return new StoreError('databaseTooNew', 'the database was written by a newer version', { cause })
    // A closed connection throws the first, and its transactions end with the second. Our own code aborts none.
    case 'InvalidStateError':
    case 'AbortError':
      return new StoreError('databaseClosed', 'the connection to the database is closed', { cause })
    default:
      return new StoreError('databaseFailed', `the database failed: ${String(cause)}`, { cause })
  }
}

/**
 * Failures which another try will not change: caused by the request itself, or by the disk's room. Any other failure
 * may be over in a moment, on a new connection; no list of such failures is ever complete. Safari's commonest is an
 * `UnknownError`, "Connection to Indexed Database server lost".
 */
const LASTING: ReadonlySet<string> = new Set([
  'QuotaExceededError',
  'VersionError',
  'ConstraintError',
  'DataCloneError',
  'DataError',
  'InvalidAccessError',
  'NotFoundError',
  'NotSupportedError',
  'ReadOnlyError',
  'SecurityError',
  'SyntaxError',
])

/** True if a failed operation or opening may succeed on a new connection. */
export function mayPass({ code, cause }: StoreError): boolean {
  if (code === 'databaseClosed') return true
  return code === 'databaseFailed' && cause instanceof DOMException && !LASTING.has(cause.name)
}

function nameOf(cause: unknown): string {
  return cause instanceof Error || cause instanceof DOMException ? cause.name : ''
}

/** What IndexedDB reports, as the store's own errors. */
import { StoreError } from '../errors.ts'

/** True if a value is there and cannot be read: Chromium keeps those over 64 KiB in files of their own, and files get lost. */
export function isUnreadable(cause: unknown): boolean {
  return nameOf(cause) === 'NotReadableError' || nameOf(cause) === 'DataError'
}

/** The {@link StoreError} for what IndexedDB threw or reported. */
export function codedError(cause: unknown): StoreError {
  switch (nameOf(cause)) {
    case 'QuotaExceededError':
      return new StoreError('quotaExceeded', 'the browser grants no more storage', { cause })
    case 'VersionError':
      return new StoreError('databaseTooNew', 'the database was written by a newer version', { cause })
    // The first is what a closed connection throws; the second ends its transactions, and we abort none ourselves.
    case 'InvalidStateError':
    case 'AbortError':
      return new StoreError('databaseClosed', 'the connection to the database is closed', { cause })
    default:
      return new StoreError('databaseFailed', `the database failed: ${String(cause)}`, { cause })
  }
}

/**
 * What another try will not change: it is about what was asked for, or about the disk's room. Everything else that a browser
 * reports may be over in a moment, on a new connection: no list of those is ever whole. Safari's commonest is an
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

/** True if the operation, or the opening, that ended with this may succeed when it is done again on a new connection. */
export function mayPass({ code, cause }: StoreError): boolean {
  if (code === 'databaseClosed') return true
  return code === 'databaseFailed' && cause instanceof DOMException && !LASTING.has(cause.name)
}

function nameOf(cause: unknown): string {
  return cause instanceof Error || cause instanceof DOMException ? cause.name : ''
}

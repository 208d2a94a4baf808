/** What IndexedDB reports, as the store's own errors. */
import { StoreError } from './errors.ts'

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

function nameOf(cause: unknown): string {
  return cause instanceof Error || cause instanceof DOMException ? cause.name : ''
}

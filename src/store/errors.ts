/** The errors of the store: the disk lied, the disk is full or gone, or the caller asked for something impossible. */
import { type ErrorDetails, RootlightError } from '../runtime/error.ts'

/** The codes of errors of the database in a browser. */
export type StoreErrorCode =
  /** A page is missing, is not a sequence, or lacks a node it should hold. The page has been dropped. */
  | 'damagedPage'
  /** A bytecode is missing or does not match its hash. The code has been dropped and is wanted again. */
  | 'damagedCode'
  /** The record of the schema version makes no sense: delete the database and sync again. */
  | 'damagedMeta'
  /** A generation is not complete: bytecodes are wanted, or pages missing. */
  | 'incomplete'
  /** A page covers nothing, or overlaps another page of its generation: a bug of the caller. */
  | 'badPage'
  /** The generation was deleted: a newer one is complete, or the store was wiped. */
  | 'generationGone'
  /** The browser grants no more bytes. Earlier commits stay. */
  | 'quotaExceeded'
  /** The connection is closed: by `close`, by the browser, or in favour of another tab's upgrade or deletion. */
  | 'databaseClosed'
  /** Another tab has become the writer of the database, or was the writer all along: nothing was written. */
  | 'fenced'
  /** Another connection holds an older version of the database, or a database to be deleted, and does not let go. */
  | 'databaseBlocked'
  /** The browser was asked to open or delete the database, and has not answered at all. */
  | 'databaseSilent'
  /** The database was written by a newer version of this software. */
  | 'databaseTooNew'
  /** The browser took the connection and evicted the database: another database has the name now, or none. */
  | 'databaseGone'
  /** The states in the database are of another chain than the one named at opening. */
  | 'databaseOfOtherChain'
  /** Any other failure of IndexedDB; see `cause`. */
  | 'databaseFailed'

export class StoreError extends RootlightError<StoreErrorCode> {
  constructor(code: StoreErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(code, message, options)
  }
}

/** Throws `fenced` unless the stored number equals the expected one. */
export function checkFence(expected: { readonly value: number }, found: unknown): void {
  if (found === expected.value) return
  const details = { expected: expected.value, got: typeof found === 'number' ? found : null }
  throw new StoreError('fenced', `the write is of writer ${expected.value}, and another one has taken over`, {
    details,
  })
}

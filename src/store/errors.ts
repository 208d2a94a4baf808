/** The errors of the store: the disk lied, the disk is full or gone, or the caller asked for what cannot be. */
import { type ErrorDetails, RootlightError } from '../runtime/error.ts'

/** The codes of errors of the database in a browser. */
export type StoreErrorCode =
  /** A page is not there, is not a sequence, or does not hold the node that it should. It has been dropped. */
  | 'damagedPage'
  /** A bytecode is not there or does not have its hash. It has been dropped and is wanted again. */
  | 'damagedCode'
  /** The record that says in which form everything is stored makes no sense: delete the database and sync again. */
  | 'damagedMeta'
  /** A generation is not complete: bytecodes are wanted, or pages missing. */
  | 'incomplete'
  /** A page covers nothing, or in part what another page of its generation covers: a bug of the caller. */
  | 'badPage'
  /** The generation was deleted: a newer one is complete, or the store was wiped. */
  | 'generationGone'
  /** The browser grants no more bytes. What was committed before stays. */
  | 'quotaExceeded'
  /** The connection is closed: by `close`, by the browser, or in favour of another tab's upgrade or deletion. */
  | 'databaseClosed'
  /** Another tab has become the writer of the database, or has been it all along: nothing was written. */
  | 'fenced'
  /** Another connection holds an older version of the database, or one that is to be deleted, and does not let go. */
  | 'databaseBlocked'
  /** The browser was asked to open or delete the database, and has not answered at all. */
  | 'databaseSilent'
  /** The database was written by a newer version of this software. */
  | 'databaseTooNew'
  /** The browser took the connection, and what stands there now is not the database that was opened: it was evicted. */
  | 'databaseGone'
  /** The states in it are of another chain than the one that it was opened for. */
  | 'databaseOfOtherChain'
  /** Anything else that IndexedDB reports; see `cause`. */
  | 'databaseFailed'

export class StoreError extends RootlightError<StoreErrorCode> {
  constructor(code: StoreErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(code, message, options)
  }
}

/** Throws `fenced` unless the number that a write expects is the one that was found. */
export function checkFence(expected: { readonly value: number }, found: unknown): void {
  if (found === expected.value) return
  const details = { expected: expected.value, got: typeof found === 'number' ? found : null }
  throw new StoreError('fenced', `the write is of writer ${expected.value}, and another one has taken over`, {
    details,
  })
}

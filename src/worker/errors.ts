/** Errors across a port: a coded error arrives with its code. */
import { type ErrorDetails, RootlightError } from '../runtime/error.ts'

/** The codes of errors between the window, the worker and other tabs. */
export type WorkerErrorCode =
  /**
   * The worker's thread has ended, or its script could not be loaded or does not answer. Open and later calls reject.
   * `details` have the `reason`, and the `url` of the script (`null`: not known).
   */
  | 'workerDied'
  /**
   * No tab writes to the database, and the browser does not let this one: the browser grants no lock, or does not
   * answer.
   */
  | 'noWriter'
  /** An error without a code was thrown: a bug of ours. `cause` has its message. */
  | 'internal'

export class WorkerError extends RootlightError<WorkerErrorCode> {}

export function noWriter(reason: string): WorkerError {
  return new WorkerError('noWriter', `no tab can write to the database: ${reason}`, { details: { reason } })
}

/** An error as plain data. */
export interface PlainError {
  readonly code: string | null
  readonly message: string
  readonly details: ErrorDetails
  readonly cause: PlainError | null
}

/**
 * Returns a `RootlightError` with the code, message, details and causes of `plain`; without a code, an `internal`
 * error.
 */
export function fromPlainError(plain: PlainError): RootlightError {
  const cause = plain.cause === null ? undefined : causeOf(plain.cause)
  if (plain.code !== null) return new RootlightError(plain.code, plain.message, { details: plain.details, cause })
  return new WorkerError('internal', `the engine failed: ${plain.message}`, { cause: causeOf(plain) })
}

function causeOf(plain: PlainError): Error {
  if (plain.code !== null) return fromPlainError(plain)
  return new Error(plain.message, plain.cause === null ? undefined : { cause: causeOf(plain.cause) })
}

/**
 * The errors of this folder: mistakes of an operator, each printed by the command line as one line on standard error.
 */
import { RootlightError } from '../runtime/error.ts'

/** The codes of errors in `rootlight/server` and on the command line. */
export type ServerErrorCode =
  /** An optional package is not installed; `details.package` names it. */
  | 'missingPackage'
  /** The name is neither a known genesis state nor a file. */
  | 'unknownGenesis'
  /** geth would not read this genesis file; `details.at` is the byte of the error. */
  | 'badGenesis'
  /** A header given by the operator is not a header. */
  | 'badHeader'
  /** The state has another root than expected; `details` holds both. */
  | 'rootMismatch'
  /** Another process has the data directory open. */
  | 'databaseInUse'
  /** The data directory cannot be used or opened, or holds no state. */
  | 'badDatabase'
  /**
   * A part of a state is missing or wrong on disk; `details` names the state and the part. Importing the state again
   * repairs it.
   */
  | 'damagedState'
  /** There is no room for a write. */
  | 'diskFull'
  /** A file given by the operator, or the server's own key, cannot be read. */
  | 'unreadable'
  /** The identity file in the data directory is not a key. */
  | 'badIdentity'
  /** The command line makes no sense; exit code 2. */
  | 'usage'

/** An error of `rootlight/server`, with a code from {@link ServerErrorCode}. */
export class ServerError extends RootlightError<ServerErrorCode> {}

/** Wraps the failure to import an optional package. Returns an error inside the package unchanged. */
export function missingPackage(name: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || (cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') return cause
  return new ServerError('missingPackage', `the package ${name} is not installed: npm install ${name}`, {
    details: { package: name },
    cause,
  })
}

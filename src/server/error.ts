/** The errors of this folder: what an operator got wrong, each told in one line on standard error by the command line. */
import { RootlightError } from '../trie/error.ts'

export type ServerErrorCode =
  /** An optional package is not installed; `details.package` names it. */
  | 'missingPackage'
  /** Neither the name of a known genesis state nor a file. */
  | 'unknownGenesis'
  /** A genesis file that is not what geth reads; `details.at` is the byte where that shows. */
  | 'badGenesis'
  /** A header that was handed over is none. */
  | 'badHeader'
  /** The state has another root than it should; `details` holds both. */
  | 'rootMismatch'
  /** Another process has the data directory open. */
  | 'databaseInUse'
  /** The data directory cannot be used or opened, or holds no state. */
  | 'badDatabase'
  /** Something of a state is missing or wrong on disk; `details` name the state and say what. Importing it again repairs it. */
  | 'damagedState'
  /** There is no room for what was to be written. */
  | 'diskFull'
  /** A file that was handed over, or the server's own key, cannot be read. */
  | 'unreadable'
  /** The server's own key in the data directory is none. */
  | 'badIdentity'
  /** The command line makes no sense; exit code 2. */
  | 'usage'

export class ServerError extends RootlightError<ServerErrorCode> {}

/** Wraps the failure to import an optional package. Errors inside the package itself come through as they are. */
export function missingPackage(name: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || (cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') return cause
  return new ServerError('missingPackage', `the package ${name} is not installed: npm install ${name}`, {
    details: { package: name },
    cause,
  })
}

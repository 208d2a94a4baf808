/** The error for a bad root. Outside of `errors.ts`, because a window loads `errors.ts`, too, but never this function. */
import { SyncError } from './errors.ts'

/** Returns the error for a node at `path` with the right hash; `cause` says why no state can have this node. */
export function badRoot(path: string, cause: unknown): SyncError {
  const message = `the node at '${path}' has the right hash and an impossible form: the root is bad`
  return new SyncError('badRoot', message, { details: { path }, cause })
}

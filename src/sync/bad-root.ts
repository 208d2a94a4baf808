/** A node that no peer can mend. Beside `errors.ts`, which a window loads too. */
import { SyncError } from './errors.ts'

/** The node at `path` has the right hash, and `cause` says why no state can have it. */
export function badRoot(path: string, cause: unknown): SyncError {
  const message = `the node at '${path}' has the right hash and an impossible form: the root is bad`
  return new SyncError('badRoot', message, { details: { path }, cause })
}

/** Deletes the databases of tests. A connection left open by a test shows as a rejection. */
import { deleteDB } from 'idb'
import { patiently, type WaitLimits } from '../store/database/patiently.ts'

/**
 * Deletes a database with everything in it, if there is one. Rejects with `databaseBlocked` if a connection does not
 * let go, or with `databaseSilent`. In both cases the browser deletes the database as soon as possible.
 */
export function deleteStateDatabase(name: string, patience: WaitLimits = {}): Promise<void> {
  return patiently(name, patience, ({ blocked }) => deleteDB(name, { blocked }))
}

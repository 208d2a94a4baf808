/**
 * Opens and deletes the IndexedDB database. What the platform does to a connection ends here as a coded error or a reason:
 * nothing hangs, nothing is retried. Runs in a worker or in the window.
 */
import { deleteDB, openDB } from 'idb'
import { BLOCKED_GRACE_MS, SCHEMA_VERSION } from './constants.ts'
import { codedError } from './database-error.ts'
import { DatabaseRecords } from './database-records.ts'
import { StoreError } from './errors.ts'
import type { Records } from './records.ts'
import { createStores, type StateSchema } from './schema.ts'

/** Why a connection closed that nobody closed: another tab upgrades or deletes the database, or the browser took it. */
export type ClosedReason = 'versionchange' | 'terminated'

export interface DatabaseOptions {
  /** Called once, should the connection close by itself. */
  readonly onClosed?: ((reason: ClosedReason) => void) | undefined
  /** The version of the schema; a higher one makes its object stores. */
  readonly version?: number
  /** How long another connection may take to let go, in milliseconds. */
  readonly graceMs?: number
}

/**
 * Opens the database, and makes it if there is none. Rejects with `databaseBlocked`, `databaseTooNew`, `quotaExceeded` or
 * `databaseFailed`.
 */
export async function openDatabase(name: string, options: DatabaseOptions = {}): Promise<Records> {
  const { onClosed, version = SCHEMA_VERSION, graceMs = BLOCKED_GRACE_MS } = options
  let records: DatabaseRecords | undefined
  const lose = (reason: ClosedReason) => {
    records?.close()
    onClosed?.(reason)
  }
  const open = (blocked: () => void) =>
    openDB<StateSchema>(name, version, {
      upgrade: (database) => createStores(database),
      blocked,
      blocking: () => lose('versionchange'),
      terminated: () => lose('terminated'),
    })
  const database = await unlessBlocked(name, graceMs, open, (late) => late.close())
  records = new DatabaseRecords(database)
  return records
}

/**
 * Deletes a database and all that is in it; there need not be one. Rejects with `databaseBlocked` if some connection does
 * not let go: the browser then deletes it as soon as that connection is gone.
 */
export function deleteStateDatabase(name: string, options: Pick<DatabaseOptions, 'graceMs'> = {}): Promise<void> {
  const { graceMs = BLOCKED_GRACE_MS } = options
  return unlessBlocked(name, graceMs, (blocked) => deleteDB(name, { blocked }))
}

/** Runs `start` until it ends, or for `graceMs` from when it reports that it is blocked; `late` gets what came after. */
function unlessBlocked<T>(
  name: string,
  graceMs: number,
  start: (blocked: () => void) => Promise<T>,
  late: (value: T) => void = () => {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let isLate = false
    const giveUp = () => {
      isLate = true
      const message = `another connection holds the database "${name}"`
      reject(new StoreError('databaseBlocked', message, { details: { database: name } }))
    }
    // Connections that are just closing block, too, for some milliseconds.
    const blocked = () => {
      timer = setTimeout(giveUp, graceMs)
    }
    start(blocked).then(
      (value) => {
        clearTimeout(timer)
        if (isLate) late(value)
        else resolve(value)
      },
      (cause) => {
        clearTimeout(timer)
        reject(codedError(cause))
      },
    )
  })
}

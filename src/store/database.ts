/**
 * Opens and deletes the IndexedDB database. What the platform does to it ends here as a coded error or a reason: nothing
 * hangs. Runs in a worker or in the window.
 */
import { deleteDB, openDB } from 'idb'
import { type ClosedReason, Connection } from './connection.ts'
import { BLOCKED_GRACE_MS, SCHEMA_VERSION } from './constants.ts'
import { codedError } from './database-error.ts'
import { DatabaseRecords } from './database-records.ts'
import { StoreError } from './errors.ts'
import { migrate } from './migrations.ts'
import type { Records } from './records.ts'
import { IDENTITY_KEY, type StateDatabase, type StateSchema } from './schema.ts'

export type { ClosedReason } from './connection.ts'

export interface DatabaseOptions {
  /** Called once, should the connection close for good by itself. */
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
  let id: string | undefined
  const open = async (): Promise<StateDatabase> => {
    const database = await connect({ name, version, graceMs, connection, mustExist: id !== undefined })
    const found = (await database.get('identity', IDENTITY_KEY))?.id
    id ??= found
    if (found === id) return database
    database.close()
    throw databaseGone(name)
  }
  const connection = new Connection({ open, onClosed: (reason) => onClosed?.(reason) })
  try {
    await connection.open()
  } catch (cause) {
    throw cause instanceof StoreError ? cause : codedError(cause)
  }
  return new DatabaseRecords(connection)
}

interface ConnectOptions {
  readonly name: string
  readonly version: number
  readonly graceMs: number
  /** Learns what becomes of the new one. */
  readonly connection: Connection
  readonly mustExist: boolean
}

async function connect({ name, version, graceMs, connection, mustExist }: ConnectOptions): Promise<StateDatabase> {
  let refusal: StoreError | undefined
  let database: StateDatabase | undefined
  const start = (blocked: () => void) =>
    openDB<StateSchema>(name, version, {
      upgrade: (created, from, to, upgrade) => {
        upgrade.done.catch(() => {}) // the opening rejects with the same
        // What is thrown out of here is nobody's. Aborted, the database stays what it was: of the old version, or none.
        const refuse = (cause: unknown) => {
          refusal ??= cause instanceof StoreError ? cause : codedError(cause)
          try {
            upgrade.abort()
          } catch {
            // A request that failed has aborted it already.
          }
        }
        if (from === 0 && mustExist) refuse(databaseGone(name))
        else migrate(created, from, to ?? version, upgrade).catch(refuse)
      },
      blocked,
      blocking: () => connection.close('versionchange'),
      terminated: () => {
        if (database !== undefined) connection.meetTermination(database)
      },
    })
  try {
    database = await unlessBlocked(name, graceMs, start, (late) => late.close())
    return database
  } catch (error) {
    throw refusal ?? error
  }
}

function databaseGone(name: string): StoreError {
  return new StoreError('databaseGone', `the database "${name}" is gone`, { details: { database: name } })
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

/**
 * Opens and deletes the IndexedDB database. What the platform does to it, or does not do, ends here as a coded error or a
 * reason: nothing hangs. Runs in a worker or in the window.
 */
import { deleteDB, openDB } from 'idb'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { startDeadline } from '../../runtime/deadline.ts'
import { BLOCKED_GRACE_MS, SCHEMA_VERSION, SILENCE_MS } from '../constants.ts'
import { StoreError } from '../errors.ts'
import { type ClosedReason, Connection } from './connection.ts'
import { codedError } from './database-error.ts'
import { DatabaseRecords } from './database-records.ts'
import { migrate } from './migrations.ts'
import type { Records } from './records.ts'
import { IDENTITY_KEY, type StateDatabase, type StateSchema } from './schema.ts'

export type { ClosedReason } from './connection.ts'

interface DatabaseOptions {
  /** Called once, should the connection close for good by itself. */
  readonly onClosed?: ((reason: ClosedReason) => void) | undefined
  /** The version of the schema; a higher one makes its object stores. */
  readonly version?: number
  /** How long another connection may take to let go, in milliseconds. */
  readonly graceMs?: number
  /** How long the browser may say nothing at all. */
  readonly silenceMs?: number
  readonly clock?: Clock
}

/**
 * Opens the database, and makes it if there is none. Rejects with `databaseBlocked`, `databaseSilent`, `databaseTooNew`,
 * `quotaExceeded` or `databaseFailed`.
 */
export async function openDatabase(name: string, options: DatabaseOptions = {}): Promise<Records> {
  const { onClosed, version = SCHEMA_VERSION, ...patience } = options
  let id: string | undefined
  const open = async (): Promise<StateDatabase> => {
    const database = await connect({ name, version, patience, connection, mustExist: id !== undefined })
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
  readonly patience: WaitLimits
  /** Learns what becomes of the new one. */
  readonly connection: Connection
  readonly mustExist: boolean
}

async function connect({ name, version, patience, connection, mustExist }: ConnectOptions): Promise<StateDatabase> {
  let refusal: StoreError | undefined
  let database: StateDatabase | undefined
  const start = ({ blocked, heard }: Signs) =>
    openDB<StateSchema>(name, version, {
      upgrade: (created, from, to, upgrade) => {
        heard() // how long it takes depends on what there is; its requests fail, or succeed
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
    database = await patiently(name, patience, start, (late) => late.close())
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
 * not let go, or with `databaseSilent`: the browser then deletes it as soon as it can.
 */
export function deleteStateDatabase(name: string, patience: WaitLimits = {}): Promise<void> {
  return patiently(name, patience, ({ blocked }) => deleteDB(name, { blocked }))
}

type WaitLimits = Pick<DatabaseOptions, 'graceMs' | 'silenceMs' | 'clock'>

/** What is heard of a request before its end. */
interface Signs {
  /** Another connection holds the database. */
  readonly blocked: () => void
  /** It is under way, and will end. */
  readonly heard: () => void
}

/**
 * Runs `start` until it ends, while nothing is heard of it for `silenceMs` at most, and for `graceMs` from when it reports
 * that it is blocked; `late` gets what came after.
 */
function patiently<T>(
  name: string,
  { graceMs = BLOCKED_GRACE_MS, silenceMs = SILENCE_MS, clock = systemClock }: WaitLimits,
  start: (signs: Signs) => Promise<T>,
  late: (value: T) => void = () => {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    let isLate = false
    const limit = (ms: number, code: 'databaseBlocked' | 'databaseSilent', message: string) => {
      const giveUp = () => {
        isLate = true
        reject(new StoreError(code, message, { details: { database: name, waitedMs: ms } }))
      }
      // The disk has nothing to do with the network.
      return startDeadline(clock, ms, giveUp, { countsOffline: true })
    }
    let heard = limit(silenceMs, 'databaseSilent', `the browser does not answer for the database "${name}"`)
    const signs: Signs = {
      heard: () => heard(),
      // Connections that are just closing block, too, for some milliseconds.
      blocked: () => {
        heard()
        heard = limit(graceMs, 'databaseBlocked', `another connection holds the database "${name}"`)
      },
    }
    start(signs).then(
      (value) => {
        heard()
        if (isLate) late(value)
        else resolve(value)
      },
      (cause) => {
        heard()
        reject(codedError(cause))
      },
    )
  })
}

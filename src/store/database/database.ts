/**
 * Opens and deletes the IndexedDB database. Whatever the platform does, or fails to do, ends here as a coded error or a
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
  /** Called once if the connection ends for good by itself. */
  readonly onClosed?: ((reason: ClosedReason) => void) | undefined
  /** The version of the schema. A higher one than that on disk runs the migrations. */
  readonly version?: number
  /** The longest wait for another connection to let go, in milliseconds. */
  readonly graceMs?: number
  /** The longest silence of the browser, in milliseconds. */
  readonly silenceMs?: number
  readonly clock?: Clock
}

/**
 * Opens the database, after creating a missing one. Rejects with `databaseBlocked`, `databaseSilent`, `databaseTooNew`,
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
  /** Receives the events of the new connection. */
  readonly connection: Connection
  readonly mustExist: boolean
}

async function connect({ name, version, patience, connection, mustExist }: ConnectOptions): Promise<StateDatabase> {
  let refusal: StoreError | undefined
  let database: StateDatabase | undefined
  const start = ({ blocked, heard }: Signs) =>
    openDB<StateSchema>(name, version, {
      upgrade: (created, from, to, upgrade) => {
        heard() // a migration takes its time; its requests fail or succeed
        upgrade.done.catch(() => {}) // the opening rejects with the same
        // No code catches an error thrown out of here. After an abort the database stays in its old version, or absent.
        const refuse = (cause: unknown) => {
          refusal ??= cause instanceof StoreError ? cause : codedError(cause)
          try {
            upgrade.abort()
          } catch {
            // A failed request has aborted the upgrade already.
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
 * Deletes a database with everything in it, if there is one. Rejects with `databaseBlocked` if a connection does not
 * let go, or with `databaseSilent`. In both cases the browser deletes the database as soon as possible.
 */
export function deleteStateDatabase(name: string, patience: WaitLimits = {}): Promise<void> {
  return patiently(name, patience, ({ blocked }) => deleteDB(name, { blocked }))
}

type WaitLimits = Pick<DatabaseOptions, 'graceMs' | 'silenceMs' | 'clock'>

/** The signs of a request before its end. */
interface Signs {
  /** Another connection holds the database. */
  readonly blocked: () => void
  /** The request is under way, and will end. */
  readonly heard: () => void
}

/**
 * Runs `start` to its end. Rejects after `silenceMs` without a sign, or `graceMs` after a report of being blocked;
 * `late` gets a value arriving afterwards.
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
      // Connections about to close block, too, for some milliseconds.
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

/**
 * Opens the IndexedDB database. Whatever the platform does, or fails to do, ends here as a coded error or a
 * reason: nothing hangs. Runs in a worker or in the window.
 */
import { openDB } from 'idb'
import { SCHEMA_VERSION } from '../constants.ts'
import { StoreError } from '../errors.ts'
import { type ClosedReason, Connection } from './connection.ts'
import { codedError } from './database-error.ts'
import { DatabaseRecords } from './database-records.ts'
import { migrate } from './migrations.ts'
import { patiently, type Signs, type WaitLimits } from './patiently.ts'
import type { Records } from './records.ts'
import { IDENTITY_KEY, type StateDatabase, type StateSchema } from './schema.ts'

interface DatabaseOptions extends WaitLimits {
  /** Called once if the connection ends for good by itself. */
  readonly onClosed?: ((reason: ClosedReason) => void) | undefined
  /** The version of the schema. A higher one than that on disk runs the migrations. */
  readonly version?: number
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

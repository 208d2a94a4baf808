/**
 * One IndexedDB connection after another to the same database. A browser may take a connection at any moment, for a
 * cleanup or after a crash of its storage process. The operation in progress then opens another connection and runs
 * again.
 */
import { REOPEN_PAUSE_MS, REOPEN_TRIES, USE_TRIES } from '../constants.ts'
import { StoreError } from '../errors.ts'
import { codedError, mayPass } from './database-error.ts'
import type { StateDatabase } from './schema.ts'

/**
 * The reason for the end of a connection, other than a call of `close`. Another tab upgrades or deletes the database;
 * or the browser took the connection and grants no other; or the browser evicted the database.
 */
export type ClosedReason = 'versionchange' | 'terminated' | 'evicted'

interface ConnectionOptions {
  /** Opens the database, the first time and again. Rejects with `databaseGone` if another database has its name now. */
  readonly open: () => Promise<StateDatabase>
  /** Called once if the connection ends for good, except by {@link Connection.close}. */
  readonly onClosed: (reason: ClosedReason) => void
}

export class Connection {
  readonly #options: ConnectionOptions
  #opening: Promise<StateDatabase> | null = null
  /** The connection opened last. */
  #database: StateDatabase | null = null
  #isClosed = false

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /** Opens the first connection. Rejects as {@link ConnectionOptions.open} does. */
  async open(): Promise<void> {
    this.#opening = this.#openInTheEnd()
    await this.#opening
  }

  /**
   * Runs `operate` on the connection. After a failure that may pass, runs it again on a new connection, {@link
   * USE_TRIES} times in all. Rejects with coded errors.
   *
   * Running an operation twice is safe, even if the first run succeeded and only the news got lost. An operation is a
   * read, or a list of puts, deletes and clears with fixed keys and values. The same list once more leaves the same
   * records. No other tab writes in between: a database has one writer.
   */
  async use<T>(operate: (database: StateDatabase) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      const used = this.#opening
      try {
        return await operate(await this.#usable())
      } catch (cause) {
        const error = coded(cause)
        if (this.#isClosed || tries === USE_TRIES || !mayPass(error)) throw error
      }
      // A connection opened since is not the failed one.
      if (this.#opening === used) this.#replace()
      if (tries > 1) await pause()
    }
  }

  /** Opens a new connection after the browser took `database`, right away, so that no later operation has to wait. */
  meetTermination(database: StateDatabase): void {
    // A replaced connection does not matter any more.
    if (!this.#isClosed && database === this.#database) this.#replace()
  }

  /** Closes for good. `reason` is given unless the owner closes. May be called twice. */
  close(reason?: ClosedReason): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#database?.close()
    if (reason !== undefined) this.#options.onClosed(reason)
  }

  async #usable(): Promise<StateDatabase> {
    if (this.#isClosed || this.#opening === null) throw new StoreError('databaseClosed', 'the store is closed')
    return this.#opening
  }

  #replace(): void {
    this.#database?.close()
    this.#opening = this.#openInTheEnd().catch((cause) => {
      const reason = reasonOf(cause)
      this.close(reason)
      const message = `the database was closed, and cannot be opened again: ${reason}`
      throw new StoreError('databaseClosed', message, { details: { reason }, cause })
    })
    this.#opening.catch(() => {}) // the next use rejects
  }

  /** Tries several times: a browser still busy with the cause of the lost connection aborts an opening, too. */
  async #openInTheEnd(): Promise<StateDatabase> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#open()
      } catch (cause) {
        if (this.#isClosed || tries === REOPEN_TRIES || !mayPass(coded(cause))) throw cause
      }
      await pause()
    }
  }

  async #open(): Promise<StateDatabase> {
    const database = await this.#options.open()
    if (this.#isClosed) database.close()
    this.#database = database
    return database
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, REOPEN_PAUSE_MS))
}

function reasonOf(cause: unknown): ClosedReason {
  const { code } = coded(cause)
  if (code === 'databaseGone') return 'evicted'
  return code === 'databaseTooNew' ? 'versionchange' : 'terminated'
}

function coded(cause: unknown): StoreError {
  return cause instanceof StoreError ? cause : codedError(cause)
}

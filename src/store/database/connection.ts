/**
 * One IndexedDB connection after another to the same database. A browser may take a connection at any moment (it cleans
 * up, or its storage process has died): the operation that meets this opens another one, and is done on that.
 */
import { REOPEN_PAUSE_MS, REOPEN_TRIES, USE_TRIES } from '../constants.ts'
import { StoreError } from '../errors.ts'
import { codedError, mayPass } from './database-error.ts'
import type { StateDatabase } from './schema.ts'

/**
 * Why a connection is closed for good that nobody closed: another tab upgrades or deletes the database; the browser took
 * the connection, and grants no other; or the database is not there any more (the browser evicted it).
 */
export type ClosedReason = 'versionchange' | 'terminated' | 'evicted'

interface ConnectionOptions {
  /** Opens the database, the first time and again. Rejects with `databaseGone` if it is not the same any more. */
  readonly open: () => Promise<StateDatabase>
  /** Called once, should the connection be closed for good by something else than {@link Connection.close}. */
  readonly onClosed: (reason: ClosedReason) => void
}

export class Connection {
  readonly #options: ConnectionOptions
  #opening: Promise<StateDatabase> | null = null
  /** What was opened last. */
  #database: StateDatabase | null = null
  #isClosed = false

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /** Opens it for the first time. Rejects as {@link ConnectionOptions.open} does. */
  async open(): Promise<void> {
    this.#opening = this.#openInTheEnd()
    await this.#opening
  }

  /**
   * Does `operate` on the connection; if that fails in a way that may pass, again on a new one, {@link USE_TRIES} times in
   * all. Rejects with coded errors.
   *
   * Doing it again is safe, even if it was done the first time and only the news of that got lost: it is a read, or a list
   * of puts, deletes and clears whose keys and values were fixed before. The same list once more leaves the same records,
   * and nobody else writes in between: a database has one writer.
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
      // What was opened since is another one.
      if (this.#opening === used) this.#replace()
      if (tries > 1) await pause()
    }
  }

  /** The browser has taken `database`: a new connection is opened now, so that nothing has to wait for it later. */
  meetTermination(database: StateDatabase): void {
    // One that was replaced is of no interest any more.
    if (!this.#isClosed && database === this.#database) this.#replace()
  }

  /** Closes for good; with a reason, because somebody else wants it. May be called twice. */
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
    this.#opening.catch(() => {}) // whoever uses it is told
  }

  /** A browser that is still busy with what it took the connection for aborts the opening, too: some tries. */
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

/**
 * The store in a tab that does not write: the complete state on disk at the last reading. Announcements of the writer
 * outdate the view, and so does a missing page. An outdated view is read again before the next answer.
 */
import { isRootlightError } from '../runtime/error.ts'
import type { Records } from './database/records.ts'
import { StateStore, type StateStoreOptions } from './state-store.ts'

/** Opens nothing before the first use. */
export class StateView {
  readonly #open: () => Promise<Records>
  readonly #options: StateStoreOptions
  #records: Promise<Records> | null = null
  #store: Promise<StateStore> | null = null

  /** `open` makes a connection, the first one and again after the browser closed one. */
  constructor(open: () => Promise<Records>, options: StateStoreOptions = {}) {
    this.#open = open
    this.#options = options
  }

  /** Returns the store as last read. Writes through it reject with `fenced`. Rejects as `openStateStore` does. */
  current(): Promise<StateStore> {
    if (this.#store !== null) return this.#store
    const loading = this.#load()
    this.#store = loading
    loading.catch(() => {
      if (this.#store === loading) this.#store = null
    })
    return loading
  }

  /** Outdates the view: the disk is read again before the next answer. */
  outdate(): void {
    this.#store = null
  }

  /** Closes the connection; a later use of the view opens another. */
  async close(): Promise<void> {
    const records = this.#records
    this.#records = null
    this.#store = null
    await records?.then(
      (open) => open.close(),
      () => {}, // the opening failed
    )
  }

  async #load(): Promise<StateStore> {
    try {
      return await this.#read()
    } catch (error) {
      if (!isRootlightError(error, 'databaseClosed')) throw error
      this.#records = null
      return this.#read()
    }
  }

  async #read(): Promise<StateStore> {
    this.#records ??= this.#open()
    const opening = this.#records
    try {
      return await StateStore.reader(await opening, this.#options)
    } catch (error) {
      // A failed opening is not worth keeping.
      opening.catch(() => {
        if (this.#records === opening) this.#records = null
      })
      throw error
    }
  }
}

/**
 * The store as a tab sees it that does not write: what was complete on disk when it was read last. The writer's
 * announcements make it outdated, and so does a page that is not there any more; it is read again when it is asked for next.
 */
import { isRootlightError } from '../runtime/error.ts'
import type { Records } from './database/records.ts'
import { StateStore, type StateStoreOptions } from './state-store.ts'

/** Opens nothing before it is used. */
export class StateView {
  readonly #open: () => Promise<Records>
  readonly #options: StateStoreOptions
  #records: Promise<Records> | null = null
  #store: Promise<StateStore> | null = null

  /** `open` makes a connection; it is called again should the browser close one. */
  constructor(open: () => Promise<Records>, options: StateStoreOptions = {}) {
    this.#open = open
    this.#options = options
  }

  /** The store as it is known. Its writes reject with `fenced`. Rejects as `openStateStore` does. */
  current(): Promise<StateStore> {
    if (this.#store !== null) return this.#store
    const loading = this.#load()
    this.#store = loading
    loading.catch(() => {
      if (this.#store === loading) this.#store = null
    })
    return loading
  }

  /** What is on disk has changed: it is read again before the next answer. */
  outdate(): void {
    this.#store = null
  }

  /** Closes the connection; whoever uses the view again opens another. */
  async close(): Promise<void> {
    const records = this.#records
    this.#records = null
    this.#store = null
    await records?.then(
      (open) => open.close(),
      () => {}, // it was not opened
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
      // An opening that failed is not worth keeping.
      opening.catch(() => {
        if (this.#records === opening) this.#records = null
      })
      throw error
    }
  }
}

/** Writes one at a time, in the order of the calls. A turn plans from the catalog, writes, and changes the catalog. */
import { StoreError } from '../errors.ts'

export class WriteQueue {
  #tail: Promise<unknown> = Promise.resolve()
  #closed = false

  /**
   * Runs `turn` after the end of all earlier turns, whatever their outcome. Rejects as the turn does, or with
   * `databaseClosed`.
   */
  enter<T>(turn: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(() => {
      if (this.#closed) throw new StoreError('databaseClosed', 'the store is closed')
      return turn()
    })
    this.#tail = result.catch(() => {}) // the caller has the rejection
    return result
  }

  /** Lets the running turn end; waiting turns reject. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#tail
  }
}

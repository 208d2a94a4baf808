/** One write at a time, in the order of asking: a turn plans from the catalog, writes, and changes the catalog. */
import { StoreError } from '../errors.ts'

export class WriteQueue {
  #tail: Promise<unknown> = Promise.resolve()
  #closed = false

  /** Runs `turn` when all earlier ones have ended, well or not. Rejects as it does, or with `databaseClosed`. */
  enter<T>(turn: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(() => {
      if (this.#closed) throw new StoreError('databaseClosed', 'the store is closed')
      return turn()
    })
    this.#tail = result.catch(() => {}) // whoever entered has been told
    return result
  }

  /** Lets the turn that runs end; those that wait reject. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#tail
  }
}

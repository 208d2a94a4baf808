/**
 * The requests of one peer that nobody serves yet. What somebody may be waiting for does not stand behind the megabytes of
 * a sync: reads go ahead of bulk, each of the two in its order. So many in a row; then bulk has a turn.
 */
import { READS_AHEAD } from './constants.ts'

export class RequestQueue<T extends { readonly isBulk: boolean }> {
  #reads: T[] = []
  #bulk: T[] = []
  /** Reads that have gone ahead of the first of `#bulk`. */
  #ahead = 0

  get isEmpty(): boolean {
    return this.#reads.length === 0 && this.#bulk.length === 0
  }

  push(request: T): void {
    if (request.isBulk) this.#bulk.push(request)
    else this.#reads.push(request)
  }

  /** Takes the next one out. */
  take(): T | undefined {
    const isBulksTurn = this.#bulk.length > 0 && (this.#reads.length === 0 || this.#ahead >= READS_AHEAD)
    this.#ahead = isBulksTurn || this.#bulk.length === 0 ? 0 : this.#ahead + 1
    return isBulksTurn ? this.#bulk.shift() : this.#reads.shift()
  }

  /** Drops those that `isDropped`. */
  drop(isDropped: (request: T) => boolean): void {
    this.#reads = this.#reads.filter((request) => !isDropped(request))
    this.#bulk = this.#bulk.filter((request) => !isDropped(request))
  }
}

/**
 * The waiting requests of one peer: requests not begun, and begun ones which gave their turn to others. Reads, which a
 * user may be waiting for, go ahead of a sync's bulk; each sort keeps its order. After {@link READS_AHEAD} turns of
 * reads, bulk has one.
 */
import { READS_AHEAD } from './constants.ts'

/** Requests of one sort: reads or bulk. */
interface Line<T> {
  /** Begun requests, which go first. */
  begun: T[]
  fresh: T[]
}

export class RequestQueue<T extends { readonly isBulk: boolean }> {
  readonly #reads: Line<T> = { begun: [], fresh: [] }
  readonly #bulk: Line<T> = { begun: [], fresh: [] }
  /** Turns of reads taken ahead of the waiting `#bulk`. */
  #ahead = 0

  get isEmpty(): boolean {
    return !this.hasNext(true)
  }

  /** True if a begun request waits or, with `mayBegin`, any request. */
  hasNext(mayBegin: boolean): boolean {
    return hasNext(this.#reads, mayBegin) || hasNext(this.#bulk, mayBegin)
  }

  push(request: T): void {
    this.#lineOf(request).fresh.push(request)
  }

  /** Puts back a begun request. */
  putBack(request: T): void {
    this.#lineOf(request).begun.push(request)
  }

  /** Removes and returns the next request; with `mayBegin` false, only a begun one. */
  take(mayBegin: boolean): T | undefined {
    const hasRead = hasNext(this.#reads, mayBegin)
    const hasBulk = hasNext(this.#bulk, mayBegin)
    const isBulksTurn = hasBulk && (!hasRead || this.#ahead >= READS_AHEAD)
    this.#ahead = isBulksTurn || !hasNext(this.#bulk, true) ? 0 : this.#ahead + 1
    const line = isBulksTurn ? this.#bulk : this.#reads
    return line.begun.shift() ?? (mayBegin ? line.fresh.shift() : undefined)
  }

  /** Drops all requests fulfilling `isDropped`, and returns the begun ones among the dropped. */
  drop(isDropped: (request: T) => boolean): T[] {
    const begun = [...this.#reads.begun, ...this.#bulk.begun].filter(isDropped)
    for (const line of [this.#reads, this.#bulk]) {
      line.begun = line.begun.filter((request) => !isDropped(request))
      line.fresh = line.fresh.filter((request) => !isDropped(request))
    }
    return begun
  }

  #lineOf({ isBulk }: T): Line<T> {
    return isBulk ? this.#bulk : this.#reads
  }
}

function hasNext({ begun, fresh }: Line<unknown>, mayBegin: boolean): boolean {
  return begun.length > 0 || (mayBegin && fresh.length > 0)
}

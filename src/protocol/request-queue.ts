/**
 * The requests of one peer that nobody serves now: those that were not begun, and those that have given their turn to
 * others. What somebody may be waiting for does not stand behind the megabytes of a sync: reads go ahead of bulk, each of
 * the two in its order. So many turns in a row; then bulk has one.
 */
import { READS_AHEAD } from './constants.ts'

/** Requests of one sort. */
interface Line<T> {
  /** Those that were begun go on first. */
  begun: T[]
  fresh: T[]
}

export class RequestQueue<T extends { readonly isBulk: boolean }> {
  readonly #reads: Line<T> = { begun: [], fresh: [] }
  readonly #bulk: Line<T> = { begun: [], fresh: [] }
  /** Turns of reads that have gone ahead of the first of `#bulk`. */
  #ahead = 0

  get isEmpty(): boolean {
    return !this.hasNext(true)
  }

  /** True if there is one that was begun or, where `mayBegin`, one at all. */
  hasNext(mayBegin: boolean): boolean {
    return hasNext(this.#reads, mayBegin) || hasNext(this.#bulk, mayBegin)
  }

  push(request: T): void {
    this.#lineOf(request).fresh.push(request)
  }

  /** Takes one back that was begun. */
  putBack(request: T): void {
    this.#lineOf(request).begun.push(request)
  }

  /** Takes the next one out; one that was not begun only where `mayBegin`. */
  take(mayBegin: boolean): T | undefined {
    const hasRead = hasNext(this.#reads, mayBegin)
    const hasBulk = hasNext(this.#bulk, mayBegin)
    const isBulksTurn = hasBulk && (!hasRead || this.#ahead >= READS_AHEAD)
    this.#ahead = isBulksTurn || !hasNext(this.#bulk, true) ? 0 : this.#ahead + 1
    const line = isBulksTurn ? this.#bulk : this.#reads
    return line.begun.shift() ?? (mayBegin ? line.fresh.shift() : undefined)
  }

  /** Drops those that `isDropped`, and returns those of them that were begun. */
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

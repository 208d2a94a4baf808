/**
 * The waiting requests of one peer: requests not begun, and begun ones which gave their turn to others. Reads, which a
 * user may be waiting for, go ahead of a sync's bulk; each class keeps its order. After {@link READS_AHEAD} turns of
 * reads, bulk has one.
 */
import { READS_AHEAD } from './constants.ts'

/** The requests of one priority: reads or bulk. */
interface PriorityClass<T> {
  /** Begun requests, which go first. */
  begun: T[]
  fresh: T[]
}

export class RequestQueue<T extends { readonly isBulk: boolean }> {
  readonly #reads: PriorityClass<T> = { begun: [], fresh: [] }
  readonly #bulk: PriorityClass<T> = { begun: [], fresh: [] }
  /** Turns of reads taken ahead of the waiting `#bulk`. */
  #readsInARow = 0

  get isEmpty(): boolean {
    return !this.hasNext(true)
  }

  /** True if a begun request waits or, with `mayBegin`, any request. */
  hasNext(mayBegin: boolean): boolean {
    return hasNext(this.#reads, mayBegin) || hasNext(this.#bulk, mayBegin)
  }

  push(request: T): void {
    this.#classOf(request).fresh.push(request)
  }

  /** Puts back a begun request. */
  putBack(request: T): void {
    this.#classOf(request).begun.push(request)
  }

  /** Removes and returns the next request; with `mayBegin` false, only a begun one. */
  take(mayBegin: boolean): T | undefined {
    const hasRead = hasNext(this.#reads, mayBegin)
    const hasBulk = hasNext(this.#bulk, mayBegin)
    const isBulksTurn = hasBulk && (!hasRead || this.#readsInARow >= READS_AHEAD)
    this.#readsInARow = isBulksTurn || !hasNext(this.#bulk, true) ? 0 : this.#readsInARow + 1
    const chosen = isBulksTurn ? this.#bulk : this.#reads
    return chosen.begun.shift() ?? (mayBegin ? chosen.fresh.shift() : undefined)
  }

  /** Drops all requests fulfilling `isDropped`, and returns the begun ones among the dropped. */
  drop(isDropped: (request: T) => boolean): T[] {
    const begun = [...this.#reads.begun, ...this.#bulk.begun].filter(isDropped)
    for (const each of [this.#reads, this.#bulk]) {
      each.begun = each.begun.filter((request) => !isDropped(request))
      each.fresh = each.fresh.filter((request) => !isDropped(request))
    }
    return begun
  }

  #classOf({ isBulk }: T): PriorityClass<T> {
    return isBulk ? this.#bulk : this.#reads
  }
}

function hasNext({ begun, fresh }: PriorityClass<unknown>, mayBegin: boolean): boolean {
  return begun.length > 0 || (mayBegin && fresh.length > 0)
}

/**
 * The time of a simulation: a queue of timers, fired as fast as the machine can. Timers due at the same moment fire in
 * the order of their setting. A history depends therefore on the seed alone.
 */
import type { Clock } from '../../runtime/clock.ts'

interface Timer {
  readonly at: number
  readonly order: number
  /** `null` once prevented. */
  callback: (() => void) | null
}

/** A clock jumping from timer to timer. */
export class VirtualClock implements Clock {
  #now = 0
  #order = 0
  /** A binary heap, the next timer first. Prevented timers stay until their turn. */
  readonly #heap: Timer[] = []

  now(): number {
    return this.#now
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, callback }
    this.#push(timer)
    return () => {
      timer.callback = null
    }
  }

  /** Moves the time to the next timer, and fires the timer. Returns false if no timer is set. */
  fireNext(): boolean {
    for (let timer = this.#pop(); timer !== undefined; timer = this.#pop()) {
      if (timer.callback === null) continue
      this.#now = timer.at
      timer.callback()
      return true
    }
    return false
  }

  #push(timer: Timer): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(timer)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(timer, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = timer
  }

  #pop(): Timer | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/**
 * Lets all work run, except work waiting for a timer. Promises of any depth have settled when the next macrotask comes.
 */
export function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

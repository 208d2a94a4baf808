/** The lines of the trace waiting to be shown: bounded, however fast events come. Pure. */
import type { TraceEvent } from '../src/index.ts'

/** The most lines shown. */
export const MAX_TRACE_LINES = 300

export interface TraceLine {
  /** Hours to milliseconds. */
  readonly time: string
  readonly scope: string
  readonly text: string
}

export class TraceLines {
  readonly #limit: number
  #new: TraceEvent[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Drops the oldest waiting line beyond the limit. */
  add(event: TraceEvent): void {
    this.#new.push(event)
    if (this.#new.length > this.#limit) this.#new.shift()
  }

  /** Returns the lines since the last call, in order. */
  takeNew(): TraceLine[] {
    const events = this.#new
    this.#new = []
    return events.map(({ at, scope, text }) => ({ time: new Date(at).toISOString().slice(11, 23), scope, text }))
  }
}

/**
 * The trace: one note for each decision of a client or a server, for a developer asking why a sync stands still. A part
 * gets a {@link Trace} passed in, or `null` where nobody listens. Call it as `trace?.(…)`: then nothing is built, not
 * even the details, while the trace is off. `trace-text.ts` turns notes into events for people.
 */

/** The part of the code that decided. */
export type TraceScope = keyof TraceNotes

/** A decision, as it leaves a part: plain data, without words. */
export interface TraceNote {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly scope: TraceScope
  readonly code: string
  readonly details: TraceDetails
}

/** The values behind a decision, by name. */
export type TraceDetails = { readonly [name: string]: string | number | boolean | null | readonly string[] }

/** Notes one decision. */
export type Trace = <Scope extends TraceScope, Code extends keyof TraceNotes[Scope] & string>(
  scope: Scope,
  code: Code,
  details: TraceNotes[Scope][Code] & TraceDetails,
) => void

/** Returns a trace that gives each note to `sink`, with the time of `now`. */
export function createTrace(sink: (note: TraceNote) => void, now: () => number = Date.now): Trace {
  return (scope, code, details) => sink({ at: now(), scope, code, details })
}

/** A peer's way out, or the end of a dial. */
type Departure = {
  readonly address: string
  /** The reason's code, as in a peer's snapshot. */
  readonly reason: string
  readonly message: string | null
  /** How long the peer is banned; 0: not at all. */
  readonly banMs: number
}

/** All notes: the details by scope and code. Roots and hashes are `0x` and hex digits, peers are peer ids. */
export interface TraceNotes {
  readonly sync: {
    readonly asked: {
      readonly peer: string
      readonly kind: 'nodes' | 'ways' | 'codes'
      readonly items: number
      readonly maxBytes: number
      /** True: another peer is late with the same data. */
      readonly again: boolean
    }
    /** An answer was checked. `lie`: why it was wrong. No bytes: the peer does not have the data. */
    readonly answered: {
      readonly peer: string
      readonly bytes: number
      readonly elapsedMs: number | null
      readonly lie: string | null
    }
    readonly timedOut: { readonly peer: string; readonly maxBytes: number }
    readonly refused: { readonly peer: string }
    /** `able`: the connected peers whose Status does not exclude the root. */
    readonly stalled: { readonly reason: string | null; readonly peers: number; readonly able: number }
    readonly paused: { readonly reason: string | null }
    readonly syncing: object
    readonly ended: { readonly error: string }
  }
  readonly peers: {
    readonly dialing: { readonly address: string }
    /** A dial that waits: `waitMs`. */
    readonly banned: { readonly address: string; readonly reason: string; readonly waitMs: number }
    /** A peer told of by others, and not dialed. */
    readonly skipped: { readonly address: string; readonly reason: 'known' | 'full' }
    readonly connected: { readonly address: string; readonly peer: string }
    readonly status: { readonly peer: string; readonly roots: readonly string[] }
    readonly unreachable: Departure
    readonly left: Departure & { readonly peer: string }
    readonly forgotten: { readonly address: string }
  }
  readonly reads: {
    readonly asked: {
      readonly peer: string
      readonly kind: 'way' | 'code' | 'header'
      readonly items: number
      readonly maxBytes: number
    }
    readonly missed: { readonly peer: string; readonly reason: string }
    /** The nodes and codes of one read by source. `disk` includes a running sync. */
    readonly answered: {
      readonly root: string
      readonly memory: number
      readonly disk: number
      readonly peers: number
    }
    readonly failed: { readonly reason: string; readonly wanted: string }
  }
  readonly store: {
    readonly began: { readonly root: string; readonly generation: number; readonly whole: boolean }
    readonly completed: { readonly root: string; readonly generation: number }
    readonly compacting: { readonly root: string; readonly generation: number }
    readonly compacted: { readonly root: string; readonly generation: number }
    readonly compactionEnded: { readonly error: string }
    readonly damaged: { readonly kind: string }
    readonly closed: { readonly reason: string }
    readonly wiped: object
  }
  readonly tabs: {
    readonly writing: { readonly session: number }
    readonly deposed: { readonly session: number }
    readonly following: { readonly writer: string; readonly session: number }
    readonly candidate: object
    readonly writerless: object
    readonly asked: { readonly method: string; readonly writer: string }
    readonly waiting: { readonly method: string }
    readonly answered: { readonly method: string; readonly root: string }
  }
  readonly serving: {
    readonly admitted: { readonly peer: string; readonly host: string }
    readonly answered: {
      readonly peer: string
      readonly kind: string
      readonly items: number
      readonly found: number
      readonly bytes: number
    }
    readonly refused: { readonly peer: string; readonly reason: string }
    readonly violated: { readonly peer: string; readonly reason: string }
    readonly left: { readonly peer: string }
    readonly connected: { readonly peer: string; readonly from: string }
    readonly disconnected: { readonly peer: string }
    /** A reservation at a relay was made or renewed. */
    readonly reserved: { readonly peer: string }
    /** A connection or a reservation that was denied. `from`: a host, or a peer. */
    readonly denied: { readonly from: string; readonly reason: string }
  }
}

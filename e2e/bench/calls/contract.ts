/** What the page of the calls benchmark measures. */

/** One call, in a worker unless it says otherwise. Timers are of 10 ms, and those that fired while it ran. */
export interface MeasuredCall {
  readonly ms: number
  readonly timers: number
  /** The longest time between two of them. */
  readonly longestGapMs: number
  /** The code of what it ended with; `null`: it returned. */
  readonly error: string | null
}

export interface MeasuredCalls {
  readonly multicall: MeasuredCall
  /** The EVM by itself, on the page's thread, on the same state. */
  readonly multicallBare: MeasuredCall
  readonly burn: MeasuredCall
  readonly burnBare: MeasuredCall
  /** From the abort of a call that computes to its rejection. */
  readonly abortMs: number
}

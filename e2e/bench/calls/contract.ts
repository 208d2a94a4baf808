/** The measurements on the page of the calls benchmark. */

/** One call, in a worker unless stated otherwise. `timers` counts the timers of 10 ms fired during the call. */
export interface MeasuredCall {
  readonly ms: number
  readonly timers: number
  /** The longest time between two timers. */
  readonly longestGapMs: number
  /** The code of the call's error; `null`: the call returned. */
  readonly error: string | null
}

export interface MeasuredCalls {
  readonly multicall: MeasuredCall
  /** The EVM alone, on the page's thread, on the same state. */
  readonly multicallBare: MeasuredCall
  readonly burn: MeasuredCall
  readonly burnBare: MeasuredCall
  /** From the abort of a computing call to its rejection. */
  readonly abortMs: number
}

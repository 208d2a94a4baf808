/** The coded errors of calls. What the state rejects with comes through as it is. */
import { type ErrorDetails, isRootlightError, RootlightError } from '../runtime/error.ts'

export type CallErrorCode =
  /** The contract reverted: `details.data` is what it returned, and the message has its reason where it gave one. */
  | 'callReverted'
  /**
   * The call did not begin (too little gas or funds), or ended in any other way than by returning: `details.reason` says how
   * (`out of gas`, `invalid opcode`, …).
   */
  | 'callFailed'
  /** It asked for what only the block's header says, and the header is not known: `details.opcode`. Nothing is guessed. */
  | 'noBlockContext'
  /** It called a precompile that does not run here: `details.address`. Nothing is guessed. */
  | 'noPrecompile'
  /** It ran for longer than it may: `details.limitMs`. */
  | 'callTimeout'
  /** Its signal ended it: the signal's reason is the `cause`. */
  | 'callAborted'
  /** It needs more memory than it may have. */
  | 'callTooLarge'
  /** The EVM could not be loaded, or failed: `details.reason`, and the `cause`. */
  | 'evmFailed'

export class CallError extends RootlightError<CallErrorCode> {}

export function callFailed(reason: string): CallError {
  return new CallError('callFailed', `the call failed: ${reason}`, { details: { reason } })
}

export function callTimeout(limitMs: number, details: ErrorDetails = {}): CallError {
  return new CallError('callTimeout', `the call ran for more than ${limitMs} ms`, { details: { limitMs, ...details } })
}

export function callAborted(signal: AbortSignal): CallError {
  return new CallError('callAborted', 'the call was aborted', { cause: signal.reason })
}

/** Whatever the EVM threw as an error with a code; those that have one stay. */
export function toCallError(error: unknown): RootlightError {
  if (isRootlightError(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  const details = { reason }
  // Which is what engines say when an array, a string or the stack would grow past what there is.
  if (error instanceof RangeError) {
    return new CallError('callTooLarge', `the call needs too much memory: ${reason}`, { details, cause: error })
  }
  return new CallError('evmFailed', `the EVM failed: ${reason}`, { details, cause: error })
}

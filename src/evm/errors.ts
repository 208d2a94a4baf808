/** The coded errors of calls. Errors of state reads come through unchanged. */
import { type ErrorDetails, isRootlightError, RootlightError } from '../runtime/error.ts'

/** The codes of failed calls. */
export type CallErrorCode =
  /**
   * The contract reverted. `details.data` is the returned data. The message contains the contract's reason, if there is
   * one.
   */
  | 'callReverted'
  /**
   * The call did not begin (too little gas or funds), or ended in another failure than a revert. `details.reason` is
   * the failure (`out of gas`, `invalid opcode`, …).
   */
  | 'callFailed'
  /**
   * The call asked for a field of the block's header, and the header is unknown or lacks the field. `details.opcode` is
   * the asking opcode. Nothing is guessed.
   */
  | 'noBlockContext'
  /** The call used a precompile not running here. `details.address` is its address. Nothing is guessed. */
  | 'noPrecompile'
  /** The call ran for longer than the limit, `details.limitMs`. */
  | 'callTimeout'
  /** The signal of the call aborted. The `cause` is the signal's reason. */
  | 'callAborted'
  /** The call needs more memory than the limit. */
  | 'callTooLarge'
  /** The EVM failed, or could not be loaded: see `details.reason` and the `cause`. */
  | 'evmFailed'

/** A failed call, with a code from {@link CallErrorCode}. */
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

/** Returns any error thrown by the EVM as a coded one. Coded errors stay unchanged. */
export function toCallError(error: unknown): RootlightError {
  if (isRootlightError(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  const details = { reason }
  // JavaScript engines throw a RangeError if an array, a string or the stack would outgrow its limit.
  if (error instanceof RangeError) {
    return new CallError('callTooLarge', `the call needs too much memory: ${reason}`, { details, cause: error })
  }
  return new CallError('evmFailed', `the EVM failed: ${reason}`, { details, cause: error })
}

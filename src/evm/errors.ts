/** The coded errors of calls. What the state rejects with comes through as it is. */
import { RootlightError } from '../trie/error.ts'

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

export class CallError extends RootlightError<CallErrorCode> {}

export function callFailed(reason: string): CallError {
  return new CallError('callFailed', `the call failed: ${reason}`, { details: { reason } })
}

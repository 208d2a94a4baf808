/** The messages between a window and the worker running its calls. Types, and the names of reads. */
import type { ErrorDetails } from '../runtime/error.ts'
import type { CallAccount, CallBlock, CallOptions, CallRequest, CallResult } from '../wallet/provider/types.ts'
import type { CallErrorCode } from './errors.ts'

/** A call or an estimate, as plain data. */
export interface Job {
  readonly method: 'call' | 'estimateGas'
  readonly block: CallBlock
  readonly request: CallRequest
  readonly options: Omit<CallOptions, 'signal'>
}

/** A read of the state. */
export type Read =
  | { readonly part: 'account'; readonly address: string }
  | { readonly part: 'storage'; readonly address: string; readonly slot: bigint }
  | { readonly part: 'code'; readonly address: string }

export type ReadValue = CallAccount | null | bigint | string

/**
 * A message to the worker. `job` numbers the jobs of a worker, which runs one at a time. Messages about an older job
 * are ignored.
 */
export type ToWorker =
  /** Starts a job. The values of the reads in `coming` follow without a request. */
  | { readonly kind: 'run'; readonly job: number; readonly what: Job; readonly coming: readonly Read[] }
  | { readonly kind: 'value'; readonly job: number; readonly read: Read; readonly value: ReadValue }
  /** A read has failed, so the result is no longer wanted. The worker answers `failed` once the job has ended. */
  | { readonly kind: 'cancel'; readonly job: number }

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'read'; readonly job: number; readonly read: Read }
  | { readonly kind: 'done'; readonly job: number; readonly result: CallResult | bigint }
  | { readonly kind: 'failed'; readonly job: number; readonly error: PlainCallError }

export interface PlainCallError {
  readonly code: CallErrorCode
  readonly message: string
  readonly details: ErrorDetails
}

/** Returns equal names for equal reads. */
export function nameOf(read: Read): string {
  const { part, address } = read
  return read.part === 'storage' ? `${part} ${address} ${read.slot}` : `${part} ${address}`
}

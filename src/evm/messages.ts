/** What a page and the worker that runs its calls say to each other. Types, and the names of reads. */
import type { ErrorDetails } from '../runtime/error.ts'
import type { CallAccount, CallBlock, CallOptions, CallRequest, CallResult } from '../wallet/provider/types.ts'
import type { CallErrorCode } from './errors.ts'

/** A call or an estimate. Plain data. */
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

/** `job` numbers the jobs of a worker, of which it has one at a time: what is about an older one is passed over. */
export type ToWorker =
  /** `coming`: reads whose values are sent without being asked for. */
  | { readonly kind: 'run'; readonly job: number; readonly what: Job; readonly coming: readonly Read[] }
  | { readonly kind: 'value'; readonly job: number; readonly read: Read; readonly value: ReadValue }
  /** A read has failed: the job has no more use. The worker says `failed` when it has ended it. */
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

/** The same for the same read. */
export function nameOf(read: Read): string {
  const { part, address } = read
  return read.part === 'storage' ? `${part} ${address} ${read.slot}` : `${part} ${address}`
}

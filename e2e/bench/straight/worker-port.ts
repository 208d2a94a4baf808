/** What crosses between the page of the straight port and its worker: a step at a time, and its answer. */
import type { BenchTask } from '../page-contract.ts'

export type ToStraightWorker =
  | { readonly step: 'open' }
  | { readonly step: 'run'; readonly task: BenchTask }
  | { readonly step: 'check' }

export type FromStraightWorker = { readonly value: unknown } | { readonly error: string }

/** The messages from the page of the straight port to its worker. */
import type { BenchTask } from '../page-contract.ts'

export type StraightStep =
  | { readonly step: 'open' }
  | { readonly step: 'run'; readonly task: BenchTask }
  | { readonly step: 'check' }

/** The parts of which a provider is made, shared by its modules. */
import type { Clock } from '../../runtime/clock.ts'
import type { ProviderSource, SourceStatus } from './source.ts'
import type { Eip1193Requester, ProviderOptions } from './types.ts'

/** The parts of a provider. */
export interface ProviderContext extends Omit<ProviderOptions, 'fallback'> {
  readonly fallback?: Eip1193Requester | undefined
  readonly source: ProviderSource
  readonly chainId: number
  /** Returns the status once the target of a just requested sync is known. Left out: the target is always known. */
  readonly settledStatus?: () => Promise<SourceStatus>
  /** The clock for the timeouts of the fallback. Left out: the system's clock. */
  readonly clock?: Pick<Clock, 'after'>
}

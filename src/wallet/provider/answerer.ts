/**
 * The part of a provider loaded by its first request. Answers requests and judges events of the fallback. One instance
 * per provider.
 */
import { LazyPart } from '../../runtime/lazy-part.ts'
import type { ProviderContext } from './context.ts'
import { Fallback, isAccounts } from './fallback.ts'
import { handleRequest } from './handle-request.ts'
import type { MethodContext } from './methods.ts'
import type { RequestArguments } from './types.ts'

export class Answerer {
  readonly #context: MethodContext

  constructor(context: ProviderContext) {
    const { evm } = context
    this.#context = {
      ...context,
      fallback: Fallback.of(context),
      ...(evm === undefined ? {} : { evm: lazily(evm) }),
    }
  }

  /** Answers a request. Rejects as `handleRequest` does. */
  answer(args: RequestArguments): Promise<unknown> {
    return handleRequest(this.#context, args)
  }

  /** Returns the detail of a fallback's event to pass on to the application; `null` to drop the event. */
  relay(event: string, detail: unknown): unknown {
    if (event === 'accountsChanged') return isAccounts(detail) ? [...detail] : null
    // A message belongs to a subscription, which concerns the fallback's chain.
    const isMessage = typeof (detail as { type?: unknown } | null)?.type === 'string'
    return isMessage && this.#context.fallback?.isOnChain === true ? detail : null
  }
}

/**
 * Returns a loader of the EVM. After a failed load, the loader logs the failure for the developer and the next call
 * tries again.
 */
function lazily(evm: NonNullable<ProviderContext['evm']>): NonNullable<ProviderContext['evm']> {
  const part = new LazyPart('the module that `evm` loads', async () => evm())
  return () => part.load()
}

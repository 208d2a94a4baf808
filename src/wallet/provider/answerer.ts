/** What a provider loads at its first request: it answers, and judges what the fallback tells. One of these a provider. */
import { LazyPart } from '../../runtime/lazy-part.ts'
import { Fallback, isAccounts } from './fallback.ts'
import { handleRequest } from './handle-request.ts'
import type { MethodContext, ProviderContext } from './methods.ts'
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

  /** Rejects as `handleRequest` does. */
  answer(args: RequestArguments): Promise<unknown> {
    return handleRequest(this.#context, args)
  }

  /** What of an event of the fallback is passed on; `null`: nothing. */
  relay(event: string, detail: unknown): unknown {
    if (event === 'accountsChanged') return isAccounts(detail) ? [...detail] : null
    // Of subscriptions, which are to what happens on its chain.
    const isMessage = typeof (detail as { type?: unknown } | null)?.type === 'string'
    return isMessage && this.#context.fallback?.isOnChain === true ? detail : null
  }
}

/** A load that failed is tried again by the next call, and the developer is told. */
function lazily(evm: NonNullable<ProviderContext['evm']>): NonNullable<ProviderContext['evm']> {
  const part = new LazyPart('the module that `evm` loads', async () => evm())
  return () => part.load()
}

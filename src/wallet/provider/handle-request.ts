/** What a provider does with a request: a method of its own, the fallback's, or nobody's. */
import { UnknownBlockError } from './known-states.ts'
import { METHODS, type MethodContext, REFUSED } from './methods.ts'
import { invalidParams, ProviderRpcError, RPC_CODE, toRpcError } from './rpc-error.ts'
import type { RequestArguments } from './types.ts'

/** Rejects with `ProviderRpcError`, or with whatever the fallback rejects with. */
export async function handleRequest(context: MethodContext, args: RequestArguments): Promise<unknown> {
  const { method, params } = args
  if (typeof method !== 'string') throw invalidParams('a request names its method')
  if (REFUSED.has(method)) {
    throw new ProviderRpcError(
      RPC_CODE.unsupportedMethod,
      `${method} is refused: its parts are verified, ask for those`,
    )
  }
  const own = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined
  if (own === undefined || (own.takesEvm === true && context.evm === undefined)) return askFallback(context, args)
  try {
    return await own.run(context, params)
  } catch (error) {
    if (error instanceof UnknownBlockError && context.otherBlocks === 'fallback') return askFallback(context, args)
    throw toRpcError(error)
  }
}

async function askFallback({ fallback }: MethodContext, { method, params }: RequestArguments): Promise<unknown> {
  if (fallback !== undefined) return fallback.request(params === undefined ? { method } : { method, params })
  throw new ProviderRpcError(RPC_CODE.unsupportedMethod, `${method} takes a fallback, and there is none`)
}

/** The dispatch of a request: to an own method, to the fallback, or to an error. */

import type { ProviderContext } from './context.ts'
import { Fallback } from './fallback.ts'
import { UnknownBlockError } from './known-states.ts'
import { METHODS, type MethodContext, REFUSED } from './methods.ts'
import { plainOf } from './params.ts'
import { ProviderRpcError, RPC_CODE } from './rpc-error.ts'
import { toRpcError } from './to-rpc-error.ts'
import type { RequestArguments } from './types.ts'

/** Answers a request. Rejects with `ProviderRpcError`, or with the fallback's own error if its form is EIP-1193's. */
export async function handleRequest(provider: ProviderContext, args: RequestArguments): Promise<unknown> {
  const context = { ...provider, fallback: Fallback.of(provider) }
  const request = requestOf(args)
  const { method, params } = request
  if (REFUSED.has(method)) {
    throw new ProviderRpcError(
      RPC_CODE.unsupportedMethod,
      `${method} is refused: its parts are verified, ask for those`,
    )
  }
  const own = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined
  if (own === undefined || (own.takesEvm === true && context.evm === undefined)) return askFallback(context, request)
  try {
    return await own.run(context, plainOf(params))
  } catch (error) {
    if (error instanceof UnknownBlockError && context.otherBlocks === 'fallback') return askFallback(context, request)
    throw toRpcError(error)
  }
}

/** Returns the two fields of a request, each read once. Throws error -32600. */
function requestOf(args: unknown): RequestArguments {
  const invalid = (cause?: unknown) => {
    const rule = 'a request is an object with a `method`, which is text, and `params`'
    return new ProviderRpcError(RPC_CODE.invalidRequest, `invalid request: ${rule}`, { cause })
  }
  if (typeof args !== 'object' || args === null) throw invalid()
  let request: { method: unknown; params?: unknown }
  try {
    const { method, params } = args as { method: unknown; params?: unknown }
    request = params === undefined ? { method } : { method, params }
  } catch (cause) {
    throw invalid(cause)
  }
  if (typeof request.method !== 'string') throw invalid()
  return request as RequestArguments
}

async function askFallback({ fallback }: MethodContext, request: RequestArguments): Promise<unknown> {
  if (fallback !== undefined) return fallback.request(request)
  throw new ProviderRpcError(RPC_CODE.unsupportedMethod, `${request.method} takes a fallback, and there is none`)
}

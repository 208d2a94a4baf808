/** What goes wrong on the way to an answer, as errors of JSON-RPC. */
import { isRootlightError } from '../../trie/error.ts'
import { ProviderRpcError, RPC_CODE, type RpcCode } from './rpc-error.ts'

/** Any error of ours as one of the provider's; those that are one stay. */
export function toRpcError(error: unknown): unknown {
  if (isRpcError(error)) return error
  if (!isRootlightError(error)) return new ProviderRpcError(RPC_CODE.internal, messageOf(error), { cause: error })
  const { code, message, details } = error
  // Without its cause: viem takes the deepest one, and looks for what the contract returned in the `data` of that.
  if (code === 'callReverted') return new ProviderRpcError(RPC_CODE.reverted, message, { data: details['data'] })
  return new ProviderRpcError(rpcCodeOf(code, details['reason']), message, { data: { code, details }, cause: error })
}

/** True if `error` is one of EIP-1193, whoever made it: a number for a code, and a message. */
export function isRpcError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  try {
    // An exception of the platform has a number of its own.
    if (error instanceof DOMException) return false
    const { code, message } = error as { code?: unknown; message?: unknown }
    return Number.isInteger(code) && typeof message === 'string'
  } catch {
    return false // not even its fields can be read
  }
}

function rpcCodeOf(code: string, reason: unknown): RpcCode {
  switch (code) {
    case 'badAddress':
    case 'badSlot':
    case 'badNumber':
      return RPC_CODE.invalidParams
    case 'callFailed':
    case 'noBlockContext':
    case 'noPrecompile':
    case 'callTimeout':
    case 'callAborted':
    case 'callTooLarge':
      return RPC_CODE.invalidInput
    case 'notSynced':
      return reason === 'unavailable' ? RPC_CODE.resourceNotFound : RPC_CODE.disconnected
    case 'closed':
    case 'workerDied':
      return RPC_CODE.disconnected
    default:
      return RPC_CODE.internal
  }
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  try {
    if (error instanceof Error) return error.message
  } catch {
    // a proxy that says nothing of itself
  }
  return `something was thrown that is no error: ${typeof error}`
}

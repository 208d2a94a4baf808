/** Turns the errors of a request into errors of JSON-RPC. */
import { isRootlightError } from '../../runtime/error.ts'
import { ProviderRpcError, RPC_CODE, type RpcCode } from './rpc-error.ts'

/** Returns any error of ours as an error of the provider. Errors in the form of EIP-1193 stay unchanged. */
export function toRpcError(error: unknown): unknown {
  if (isRpcError(error)) return error
  if (!isRootlightError(error)) return new ProviderRpcError(RPC_CODE.internal, messageOf(error), { cause: error })
  const { code, message, details } = error
  // No cause here: viem takes the deepest cause, and looks for the returned data in the `data` of the deepest one.
  if (code === 'callReverted') return new ProviderRpcError(RPC_CODE.reverted, message, { data: details['data'] })
  return new ProviderRpcError(rpcCodeOf(code, details['reason']), message, { data: { code, details }, cause: error })
}

/** Returns true if `error` has the form of EIP-1193, whatever its origin: a number as code, and a message. */
export function isRpcError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  try {
    // An exception of the platform has a numeric code of its own.
    if (error instanceof DOMException) return false
    const { code, message } = error as { code?: unknown; message?: unknown }
    return Number.isInteger(code) && typeof message === 'string'
  } catch {
    return false // its fields cannot be read
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

/** Returns the message of an error, whatever was thrown. */
export function messageOf(error: unknown): string {
  try {
    if (error instanceof Error) return error.message
  } catch {
    // A proxy may refuse to be inspected.
  }
  return `something was thrown that is no error: ${typeof error}`
}

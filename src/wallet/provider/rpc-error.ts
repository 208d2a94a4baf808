/** Errors as EIP-1193 and EIP-1474 have them: a number, a message, and in `data` the coded error that it was. */
import { isRootlightError } from '../../trie/error.ts'

/** The codes that are used here, by the names of their standards. */
export const RPC_CODE = {
  /** EIP-1474. */
  invalidParams: -32602,
  internal: -32603,
  invalidInput: -32000,
  resourceNotFound: -32001,
  /** geth's, of a call that was reverted: `data` is what it returned. */
  reverted: 3,
  /** EIP-1193. */
  unsupportedMethod: 4200,
  disconnected: 4900,
} as const

export type RpcCode = (typeof RPC_CODE)[keyof typeof RPC_CODE]

export class ProviderRpcError extends Error {
  override readonly name: string = 'ProviderRpcError'
  readonly code: RpcCode
  readonly data: unknown

  constructor(code: RpcCode, message: string, options: { readonly data?: unknown; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.data = options.data
  }
}

/** The error for params that are no params of the method. */
export function invalidParams(rule: string): ProviderRpcError {
  return new ProviderRpcError(RPC_CODE.invalidParams, `invalid params: ${rule}`)
}

/** Any error of ours as one of the provider's; those that are one stay. */
export function toRpcError(error: unknown): ProviderRpcError {
  if (error instanceof ProviderRpcError) return error
  if (!isRootlightError(error)) return new ProviderRpcError(RPC_CODE.internal, messageOf(error), { cause: error })
  const { code, message, details } = error
  if (code === 'callReverted') {
    return new ProviderRpcError(RPC_CODE.reverted, message, { data: details['data'], cause: error })
  }
  return new ProviderRpcError(rpcCodeOf(code, details['reason']), message, { data: { code, details }, cause: error })
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Errors in the form of EIP-1193 and EIP-1474: a number, a message, and the original coded error in `data`. */

import type { LoadError } from '../../runtime/lazy-part.ts'

/** The codes in use, grouped by their standards. */
export const RPC_CODE = {
  /** JSON-RPC 2.0. */
  invalidRequest: -32600,
  /** EIP-1474. */
  invalidParams: -32602,
  internal: -32603,
  invalidInput: -32000,
  resourceNotFound: -32001,
  /** geth's code for a reverted call: `data` is the returned data. */
  reverted: 3,
  /** EIP-1193. */
  unsupportedMethod: 4200,
  disconnected: 4900,
  chainDisconnected: 4901,
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

/** Returns the error for invalid params of a method. */
export function invalidParams(rule: string): ProviderRpcError {
  return new ProviderRpcError(RPC_CODE.invalidParams, `invalid params: ${rule}`)
}

/** Returns the error for a part of the program failing to load. */
export function loadFailed(cause: LoadError): ProviderRpcError {
  const { code, message, details } = cause
  return new ProviderRpcError(RPC_CODE.internal, message, { data: { code, details }, cause })
}

/** Runs calls on the caller's thread. Loaded only if no worker can be had; the whole EVM comes along. */
import type { ErrorDetails } from '../runtime/error.ts'
import type { CallResult, CallState } from '../wallet/provider/types.ts'
import { call } from './call.ts'
import { estimateGas } from './estimate-gas.ts'
import type { RunLimits } from './evm-worker.ts'
import type { Job } from './messages.ts'
import { Pacer } from './pacer.ts'

/** Runs a call. Rejects with `CallError`, or with the error of a read of `state`. A `callTimeout` carries `details`. */
export function runOnThread(
  { method, block, request, options }: Job,
  state: CallState,
  limits: RunLimits,
  details: ErrorDetails,
): Promise<CallResult | bigint> {
  const pacer = new Pacer({ ...limits, details })
  return method === 'call'
    ? call(state, block, request, options, pacer)
    : estimateGas(state, block, request, options, pacer)
}

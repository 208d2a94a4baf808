/** Runs calls on the thread that asks for them. Loaded where no worker can be had; all of the EVM comes with it. */
import type { ErrorDetails } from '../runtime/error.ts'
import type { CallResult, CallState } from '../wallet/provider/types.ts'
import { call } from './call.ts'
import { estimateGas } from './estimate-gas.ts'
import type { RunLimits } from './evm-worker.ts'
import type { Job } from './messages.ts'
import { Pacer } from './pacer.ts'

/** Rejects with `CallError`, or as `state` does. `details` are those of its limit. */
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

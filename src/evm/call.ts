/** `eth_call`. */
import type { CallBlock, CallOptions, CallRequest, CallResult, CallState } from '../wallet/provider/types.ts'
import { MAX_CALL_GAS } from './constants.ts'
import { readsOf } from './overridden-state.ts'
import type { Pacer } from './pacer.ts'
import { runCall } from './run-call.ts'

/**
 * Runs a call and keeps none of its changes. Rejects with one of `CallErrorCode`, or with the error of a state read.
 */
export async function call(
  state: CallState,
  block: CallBlock,
  request: CallRequest,
  options: CallOptions,
  pacer?: Pacer,
): Promise<CallResult> {
  const { gas = MAX_CALL_GAS } = request
  const runOptions = { ...options, gas: gas < MAX_CALL_GAS ? gas : MAX_CALL_GAS, pacer }
  const { output, gasUsed } = await runCall(readsOf(state, options, pacer), block, request, runOptions)
  return { output, gasUsed }
}

/**
 * `rootlight/evm`: calls on verified state, for `client.provider({ evm: () => import('rootlight/evm') })`. Calls run in
 * a worker, started by the first call.
 */
import { createEvm } from './create-evm.ts'

/** `eth_call` and `eth_estimateGas` with the default options of {@link createEvm}. */
export const { call, estimateGas } = createEvm()
export { createEvm, type EvmOptions } from './create-evm.ts'
export { CallError, type CallErrorCode } from './errors.ts'

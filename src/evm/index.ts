/**
 * `rootlight/evm`: calls on verified state, for `client.provider({ evm: () => import('rootlight/evm') })`. They run in a worker,
 * which is started at the first call.
 */
import { createEvm } from './create-evm.ts'

/** `eth_call` and `eth_estimateGas`, as {@link createEvm} makes them without options. */
export const { call, estimateGas } = createEvm()
export { createEvm, type EvmOptions } from './create-evm.ts'
export { CallError, type CallErrorCode } from './errors.ts'

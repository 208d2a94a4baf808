/**
 * `rootlight/evm`: calls on verified state, for `client.provider({ evm: () => import('rootlight/evm') })`. Calls run in
 * a worker, started by the first call.
 *
 * @module rootlight/evm
 */
import { createEvm } from './create-evm.ts'

const evm = createEvm()

/** Runs `eth_call` with the default options of {@link createEvm}. */
export const call = evm.call
/** Runs `eth_estimateGas` with the default options of {@link createEvm}. */
export const estimateGas = evm.estimateGas
export { createEvm, type EvmOptions } from './create-evm.ts'
export { CallError, type CallErrorCode } from './errors.ts'

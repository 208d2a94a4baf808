/** `rootlight/evm`: calls on verified state, for `client.provider({ evm: () => import('rootlight/evm') })`. */
export { call } from './call.ts'
export { CallError, type CallErrorCode } from './errors.ts'
export { estimateGas } from './estimate-gas.ts'

/** GASPRICE for a call whose price depends on an unknown base fee. Only reaching the opcode ends the call. */
import type { EVMOpts } from '@ethereumjs/evm'
import { noBlockContext } from './block-context.ts'

type CustomOpcode = NonNullable<EVMOpts['customOpcodes']>[number]

export const UNKNOWN_GAS_PRICE: CustomOpcode = {
  opcode: 0x3a,
  opcodeName: 'GASPRICE',
  baseFee: 2,
  logicFunction: () => {
    throw noBlockContext('GASPRICE')
  },
}

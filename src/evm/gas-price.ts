/** GASPRICE where the call's price hangs on a base fee that is not known: ends the call when it is reached, and not before. */
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

/** EIP-4844's precompile: it takes a proof system of its own, which is not shipped. Who calls it gets no answer, and no guess. */
import type { Common } from '@ethereumjs/common'
import type { CustomPrecompile } from '@ethereumjs/evm'
import { CallError } from './errors.ts'

const ADDRESS = '0x000000000000000000000000000000000000000a'

/** In its place where the rules have it: ends the call. */
export function pointEvaluation(common: Common): CustomPrecompile[] {
  return common.isActivatedEIP(4844) ? [{ address: ADDRESS, function: refuse }] : []
}

function refuse(): never {
  const message = 'the call asks for the KZG point evaluation precompile, which does not run here'
  throw new CallError('noPrecompile', message, { details: { address: ADDRESS } })
}

/** Which precompiles a call finds, and where: those of the rules, but for what the overrides remove and move. */
import type { Common } from '@ethereumjs/common'
import { type CustomPrecompile, getActivePrecompiles, type PrecompileFunc } from '@ethereumjs/evm'
import { createAddressFromString } from '@ethereumjs/util'
import type { StateOverrides } from '../wallet/provider/types.ts'
import { CallError, callFailed } from './errors.ts'

const POINT_EVALUATION = '0x000000000000000000000000000000000000000a'

/** By address, `0x` and hex digits: those that the rules have. They are warm, also where an override removes them. */
export function precompilesOf(common: Common): ReadonlyMap<string, PrecompileFunc> {
  const active = [...getActivePrecompiles(common)].map(([address, run]) => [`0x${address}`, run] as const)
  return new Map(active.map(([address, run]) => [address, address === POINT_EVALUATION ? refuse : run]))
}

/**
 * What the EVM is told to have in other places than the rules say. Whatever is overridden of a precompile's account, the
 * account is no precompile any more. The rules of a move are geth's. Throws `callFailed`.
 */
export function customPrecompiles(common: Common, overrides: StateOverrides = new Map()): CustomPrecompile[] {
  const precompiles = precompilesOf(common)
  const custom = new Map<string, PrecompileFunc | undefined>()
  const refused = precompiles.get(POINT_EVALUATION)
  if (refused !== undefined) custom.set(POINT_EVALUATION, refused)
  const moved = new Set<string>()
  for (const [address, { movePrecompileToAddress }] of [...overrides].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const precompile = precompiles.get(address)
    if (moved.has(address)) throw callFailed(`account ${address} has already been overridden by a precompile`)
    if (movePrecompileToAddress !== undefined) {
      const to = movePrecompileToAddress.toLowerCase()
      if (precompile === undefined) throw callFailed(`account ${address} is not a precompile`)
      if (overrides.has(to)) throw callFailed(`account ${to} is already overridden`)
      custom.set(to, precompile)
      moved.add(to)
    }
    if (precompile !== undefined) custom.set(address, undefined)
  }
  return [...custom].map(([name, run]) => {
    const address = createAddressFromString(name)
    return run === undefined ? { address } : { address, function: run }
  })
}

/** EIP-4844's precompile takes a proof system of its own, which is not shipped. Who calls it gets no answer, and no guess. */
function refuse(): never {
  const message = 'the call asks for the KZG point evaluation precompile, which does not run here'
  throw new CallError('noPrecompile', message, { details: { address: POINT_EVALUATION } })
}

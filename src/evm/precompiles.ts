/**
 * The precompiles visible to a call, by address: those of the rules, without the ones removed or moved by overrides.
 */
import type { Common } from '@ethereumjs/common'
import { type CustomPrecompile, getActivePrecompiles, type PrecompileFunc } from '@ethereumjs/evm'
import { createAddressFromString } from '@ethereumjs/util'
import type { StateOverrides } from '../wallet/provider/types.ts'
import { CallError, callFailed } from './errors.ts'

const POINT_EVALUATION = '0x000000000000000000000000000000000000000a'

/**
 * Returns the precompiles of the rules, by address (`0x` and hex digits). All of them are warm, even if an override
 * removes one.
 */
export function precompilesOf(common: Common): ReadonlyMap<string, PrecompileFunc> {
  const active = [...getActivePrecompiles(common)].map(([address, run]) => [`0x${address}`, run] as const)
  return new Map(active.map(([address, run]) => [address, address === POINT_EVALUATION ? refuse : run]))
}

/**
 * Returns the precompiles differing from the rules, as configuration for the EVM. An account with any override is no
 * precompile any more. The rules of moves are geth's. Throws `callFailed`.
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

/**
 * Throws `noPrecompile`. EIP-4844's precompile needs a proof system of its own, which is not shipped. A call using the
 * precompile gets an error instead of a guess.
 */
function refuse(): never {
  const message = 'the call asks for the KZG point evaluation precompile, which does not run here'
  throw new CallError('noPrecompile', message, { details: { address: POINT_EVALUATION } })
}

/** By which rules a call runs: those of its block on chains that are known, those that are asked for, or the newest. */
import {
  type ChainConfig,
  Common,
  createCustomCommon,
  Hardfork,
  Holesky,
  Hoodi,
  Mainnet,
  Sepolia,
} from '@ethereumjs/common'
import { badArgument } from '../wallet/plain.ts'
import type { CallOptions } from '../wallet/provider/types.ts'
import type { CallContext } from './call-context.ts'

const CHAINS: readonly ChainConfig[] = [Mainnet, Sepolia, Holesky, Hoodi]
/** The newest that is live somewhere. */
const NEWEST = Hardfork.Osaka
const NAMES: ReadonlySet<string> = new Set(Object.values(Hardfork))

/** Throws `badArgument` for a hardfork that has no such name. */
export function rulesOf({ number, timestamp }: CallContext, { chainId, hardfork }: CallOptions): Common {
  if (hardfork !== undefined && !NAMES.has(hardfork)) {
    throw badArgument('hardfork', 'the name of a hardfork, such as "cancun"', hardfork)
  }
  const chain = CHAINS.find((each) => Number(each.chainId) === chainId)
  if (chain === undefined) {
    return createCustomCommon({ chainId, name: `chain ${chainId}` }, Mainnet, { hardfork: hardfork ?? NEWEST })
  }
  const common = new Common({ chain, hardfork: hardfork ?? NEWEST })
  if (hardfork === undefined && number !== null && timestamp !== null) {
    common.setHardforkBy({ blockNumber: number, timestamp })
  }
  return common
}

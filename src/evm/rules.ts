/** The rules of a call: the requested hardfork, else the fork of the block on known chains, else the newest fork. */
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
/** The newest hardfork live on some chain. */
const NEWEST = Hardfork.Osaka
const NAMES: ReadonlySet<string> = new Set(Object.values(Hardfork))

/** Returns the rules of a call. Throws `badArgument` for an unknown name of a hardfork. */
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

/**
 * `npm run demo -- --genesis tokens`: mainnet's genesis accounts, and an ERC-20 held by some of these accounts. Node
 * only.
 */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getGenesis } from '@ethereumjs/genesis'
import { ADDRESSES, WALLET_GENESIS } from './contracts/wallet-genesis.ts'
import { mappingSlot } from './mapping-slot.ts'
import type { TokenConfig } from './peer-config.ts'

/** Holders of the token among mainnet's genesis accounts, beginning with the richest account. */
export const HOLDERS = {
  '0x5abfec25f74cd88437631a7731906932776356f9': 2_500_000n,
  '0x000d836201318ec6899a67540690382780743280': 42_000_000n,
} as const

export const TOKEN: TokenConfig = { address: ADDRESSES.token, balancesSlot: 0 }

/** Returns the contents of a genesis.json. */
export function tokenGenesis(): object {
  const { [ADDRESSES.token]: token, ...others } = WALLET_GENESIS.alloc
  const storage = Object.entries(HOLDERS).map(([owner, amount]) => [
    mappingSlot(owner, BigInt(TOKEN.balancesSlot)),
    wordOf(amount),
  ])
  const alloc = Object.entries(getGenesis(1) ?? {}).map(([address, account]) => {
    return [address, { balance: Array.isArray(account) ? account[0] : account }]
  })
  return {
    ...WALLET_GENESIS,
    alloc: {
      ...Object.fromEntries(alloc),
      ...others,
      [ADDRESSES.token]: { ...token, storage: { ...token.storage, ...Object.fromEntries(storage) } },
    },
  }
}

/** Writes the genesis to a temporary file. Returns the path. */
export async function writeTokenGenesis(): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'rootlight-demo-')), 'tokens.json')
  await writeFile(path, JSON.stringify(tokenGenesis()))
  return path
}

function wordOf(value: bigint): string {
  return `0x${value.toString(16).padStart(64, '0')}`
}

/** The source of the views of watched addresses: the client, the root, and the token. */
import type { LightClient, ReadAt } from '../src/index.ts'
import type { TokenConfig } from './peer-config.ts'

export interface WalletSource {
  /** Returns the open client. */
  client(): Promise<LightClient>
  /** Returns the root to read at, or `undefined` for the client's default. */
  at(): ReadAt | undefined
  /** Returns the token, or `null` if the state has none. */
  token(): TokenConfig | null
  /** Returns true if the requested data of this account, under this root, is on disk. */
  isOnDisk(address: string, root: string): boolean
}

/** Returns `at` as options of a read. */
export function readOptions(at: ReadAt | undefined): { readonly at?: ReadAt } {
  return at === undefined ? {} : { at }
}

/** Returns the number of the block with this root, or `null` if unknown. */
export async function blockOf(client: LightClient, root: string): Promise<number | null> {
  const { complete, target } = await client.status()
  return [complete, target].find((state) => state?.root === root)?.blockNumber ?? null
}

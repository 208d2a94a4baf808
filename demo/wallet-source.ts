/** What the views of watched addresses read from, and against what an answer was verified. */
import type { LightClient, ReadAt } from '../src/index.ts'
import type { TokenConfig } from './peer-config.ts'

export interface WalletSource {
  /** The client that is open. */
  client(): Promise<LightClient>
  /** The root to read at; `undefined`: what the client takes. */
  at(): ReadAt | undefined
  /** `null`: the state has none. */
  token(): TokenConfig | null
  /** Whether an account under this root is complete on this disk. */
  isOnDisk(address: string, root: string): boolean
}

/** As options of a read. */
export function readOptions(at: ReadAt | undefined): { readonly at?: ReadAt } {
  return at === undefined ? {} : { at }
}

/** The number of the block with this root; `null`: it is not known. */
export async function blockOf(client: LightClient, root: string): Promise<number | null> {
  const { complete, target } = await client.status()
  return [complete, target].find((state) => state?.root === root)?.blockNumber ?? null
}

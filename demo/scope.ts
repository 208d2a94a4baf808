/** What of a state the page asks for, and whether what it asked for is on disk. Pure. */
import type { SyncTarget } from '../src/index.ts'
import { mappingSlot } from './mapping-slot.ts'
import type { TokenConfig } from './peer-config.ts'

/** What is complete on this disk. */
export interface Kept {
  readonly root: string
  /** Lower case; `null`: everything. */
  readonly accounts: readonly string[] | null
}

/** What is watched under a root: these accounts, and what they have of the token. */
export function watchedTarget(root: string, accounts: readonly string[], token: TokenConfig | null): SyncTarget {
  if (token === null) return { root, accounts }
  const slots = accounts.map((owner) => mappingSlot(owner, BigInt(token.balancesSlot)))
  return { root, accounts, storage: { [token.address]: slots } }
}

/** What a sync of this target has brought to disk. */
export function keptBy({ root = '', accounts }: SyncTarget): Kept {
  return { root, accounts: accounts ?? null }
}

/** Whether an account under this root is on disk with all that was asked for about it. */
export function isKept(kept: Kept | null, address: string, root: string): boolean {
  return kept !== null && kept.root === root && (kept.accounts === null || kept.accounts.includes(address))
}

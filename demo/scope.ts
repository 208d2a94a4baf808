/** The part of a state requested by the page, and whether this part is on disk. Pure. */
import type { SyncTarget } from '../src/index.ts'
import { mappingSlot } from './mapping-slot.ts'
import type { TokenConfig } from './peer-config.ts'

/** The complete part of a state on this disk. */
export interface Kept {
  readonly root: string
  /** Lower case; `null` means everything. */
  readonly accounts: readonly string[] | null
}

/** Returns the target of a partial sync under a root: these accounts, and their balances of the token. */
export function watchedTarget(root: string, accounts: readonly string[], token: TokenConfig | null): SyncTarget {
  if (token === null) return { root, accounts }
  const slots = accounts.map((owner) => mappingSlot(owner, BigInt(token.balancesSlot)))
  return { root, accounts, storage: { [token.address]: slots } }
}

/** Returns the part stored by a complete sync of this target. */
export function keptBy({ root = '', accounts }: SyncTarget): Kept {
  return { root, accounts: accounts ?? null }
}

/** Returns true if the requested data of this account, under this root, is on disk. */
export function isKept(kept: Kept | null, address: string, root: string): boolean {
  return kept !== null && kept.root === root && (kept.accounts === null || kept.accounts.includes(address))
}

import { useMemo, useSyncExternalStore } from 'react'
import type { LightClient } from '../client.ts'
import type { SyncTarget } from '../worker/engine.ts'
import { checkClient } from './arguments.ts'
import { IDLE, keyOf, type SyncState, type SyncStore, sharedSync } from './shared-sync.ts'

const NOTHING: SyncStore = { subscribe: () => () => {}, state: () => IDLE }

/**
 * Syncs `target` as long as a component is there that asks for it: another target supersedes it, and when the last component is
 * gone it is left (`Sync.leave`): it ends if no other tab wants it. `null`: not yet. Targets are compared by what is in them.
 */
export function useSync(given: LightClient | null, target: SyncTarget | null): SyncState {
  const client = checkClient(given)
  const key = target === null ? null : keyOf(target)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key is all that counts of the target.
  const store = useMemo(
    () => (client === null || target === null ? NOTHING : sharedSync(client, target)),
    [client, key],
  )
  return useSyncExternalStore(store.subscribe, store.state, NOTHING.state)
}

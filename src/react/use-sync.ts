import { useMemo, useSyncExternalStore } from 'react'
import type { LightClient } from '../client.ts'
import type { SyncTarget } from '../worker/engine.ts'
import { checkClient } from './arguments.ts'
import { IDLE, keyOf, type SyncState, type SyncStore, sharedSync } from './shared-sync.ts'

const NOTHING: SyncStore = { subscribe: () => () => {}, state: () => IDLE }

/**
 * Syncs `target` while a component with this target is mounted. A new target supersedes the old one. When the last
 * component unmounts, the sync is left (`Sync.leave`), and ends if no other tab wants it. `null`: no target yet.
 * Targets are compared by content.
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

/** An engine beside those of other tabs, on the platform's own locks and channels; without them, one that is alone. */
import { parseMultiaddr } from '../network/address.ts'
import { systemClock } from '../protocol/clock.ts'
import { openDatabase } from '../store/database.ts'
import { StateView } from '../store/state-view.ts'
import { createFastKeccak } from '../trie/keccak.ts'
import type { Engine, EngineEvent, EngineOptions } from './engine.ts'
import { createLocalEngine } from './local-engine.ts'
import { openTabEngine } from './tab-engine.ts'

/** Rejects as `createLocalEngine` does. */
export async function createTabEngine(options: EngineOptions, emit: (event: EngineEvent) => void): Promise<Engine> {
  const locks = globalThis.navigator?.locks
  // Web Locks exist in secure contexts only. Elsewhere whoever opens the database last can write to it.
  if (locks === undefined) return createLocalEngine(options, emit)
  // Also in a tab that will dial nobody for now.
  for (const address of options.peers) parseMultiaddr(address)
  const { database } = options
  const name = `rootlight-writer:${database}`
  return openTabEngine({
    name,
    tab: crypto.randomUUID(),
    locks,
    channel: new BroadcastChannel(name),
    clock: systemClock,
    lead: (tell) => createLocalEngine(options, tell),
    view: new StateView(() => openDatabase(database), { keccak: await createFastKeccak() }),
    emit,
  })
}

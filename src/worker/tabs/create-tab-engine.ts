/**
 * An engine beside those of other tabs, on the platform's own locks and channels; without locks, an engine that is
 * alone.
 */
import { parsePeer } from '../../network/address.ts'
import type { WindowCaller } from '../../network/window/window-caller.ts'
import { systemClock } from '../../runtime/clock.ts'
import type { Trace } from '../../runtime/trace.ts'
import { openDatabase } from '../../store/database/database.ts'
import { StateView } from '../../store/state-view.ts'
import { createFastKeccak } from '../../trie/fast-keccak.ts'
import { createLocalEngine } from '../engine/create-local-engine.ts'
import type { Engine, EngineEvent, EngineOptions } from '../engine.ts'
import { openTabEngine } from './tab-engine.ts'

/**
 * Opens the engine of this tab. The writer uses `windowNode`, the window's libp2p node; `null`: WebRTC is not wanted.
 * Rejects as `createLocalEngine` does.
 */
export async function createTabEngine(
  options: EngineOptions,
  emit: (event: EngineEvent) => void,
  windowNode: WindowCaller | null = null,
  trace: Trace | null = null,
): Promise<Engine> {
  const locks = globalThis.navigator?.locks
  // Web Locks exist in secure contexts only. Elsewhere the tab that opens the database last can write.
  if (locks === undefined) return createLocalEngine(options, emit, windowNode, trace)
  // A follower checks addresses as well, although it dials no peer for now.
  for (const address of options.peers) parsePeer(address)
  const { database, chainId } = options
  const name = `rootlight-writer:${database}`
  return openTabEngine({
    name,
    chainId,
    tab: crypto.randomUUID(),
    locks,
    channel: new BroadcastChannel(name),
    clock: systemClock,
    openWriter: (tell) => createLocalEngine(options, tell, windowNode, trace),
    view: new StateView(() => openDatabase(database), { chainId, keccak: await createFastKeccak() }),
    emit,
    trace,
  })
}

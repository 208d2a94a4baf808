/** Opens the engine that writes: wires the store, the network, the serving of other tabs, and the engine over them. */
import { parsePeer } from '../../network/address.ts'
import { PeerSet } from '../../network/peers/peer-set.ts'
import type { WindowCaller } from '../../network/window/window-caller.ts'
import { systemClock } from '../../runtime/clock.ts'
import { LazyPart } from '../../runtime/lazy-part.ts'
import type { Trace } from '../../runtime/trace.ts'
import type { ClosedReason } from '../../store/database/connection.ts'
import { openStateStore } from '../../store/state-store.ts'
import { createFastKeccak } from '../../trie/fast-keccak.ts'
import type { Engine, EngineEvent, EngineOptions } from '../engine.ts'
import { ForegroundWork } from '../serving/foreground-work.ts'
import { LocalEngine } from './local-engine.ts'
import { PeerNetwork } from './peer-network.ts'

const tabServing = new LazyPart('what serves other tabs', () => import('../serving/serving.ts'))

/**
 * Opens the database without dialing: the first sync dials, or the first read with a missing node. Rejects with
 * `badMultiaddr`, or as the store does.
 */
export async function createLocalEngine(
  options: EngineOptions,
  emit: (event: EngineEvent) => void,
  windowNode: WindowCaller | null = null,
  trace: Trace | null = null,
): Promise<Engine> {
  const addresses = options.peers.map((address) => parsePeer(address))
  const keccak = await createFastKeccak()
  let onClosed = (_: ClosedReason) => {}
  const { chainId, serve } = options
  const peers = new PeerSet()
  const network = new PeerNetwork({ peers, addresses, chainId, windowNode, clock: systemClock, trace })
  try {
    const store = await openStateStore({
      database: options.database,
      chainId,
      keccak,
      onDamage: (damage) => {
        trace?.('store', 'damaged', { kind: 'code' in damage ? 'code' : 'page' })
        emit({ kind: 'damaged', damage })
      },
      onClosed: (reason) => onClosed(reason),
      // Without a state on disk a sync will follow: its code is loaded while the disk is read.
      onNothingComplete: () => network.prepare(),
    })
    const foreground = new ForegroundWork()
    if (serve !== null) {
      // Loaded lazily: most tabs serve no other tab.
      network.serve(async () => {
        const { TabServing } = await tabServing.load()
        return new TabServing({ store, chainId, limits: serve, clock: systemClock, foreground, trace })
      })
    }
    const engine = new LocalEngine({ store, keccak, chainId, peers, network, foreground, emit, trace })
    onClosed = (reason) => engine.loseStore(reason)
    engine.goOn()
    return engine
  } catch (error) {
    await network.stop()
    throw error
  }
}

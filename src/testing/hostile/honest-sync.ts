/** Syncs a state from a real server with the real engine, in memory: whether an honest client is served. Node only. */
import { parsePeer } from '../../network/address.ts'
import { Dialer } from '../../network/dialer.ts'
import { createDialingNode } from '../../network/dialing-node.ts'
import { callerOf } from '../../network/libp2p-caller.ts'
import { PeerSet } from '../../network/peer-set.ts'
import { systemClock } from '../../protocol/clock.ts'
import { statusOf } from '../../protocol/messages.ts'
import { createMemoryStore } from '../../store/state-store.ts'
import { StateSync } from '../../sync/loop.ts'
import type { SyncProgress } from '../../sync/progress.ts'
import { nobleKeccak } from '../../trie/keccak.ts'
import { scanAccount } from '../../trie/leaf.ts'
import type { FuzzTarget } from './raw-fuzz.ts'

/** Resolves with what the sync came to. */
export async function syncHonestly({ address, root }: FuzzTarget): Promise<SyncProgress> {
  const addresses = [parsePeer(address)]
  const node = await createDialingNode(addresses)
  const peers = new PeerSet(systemClock)
  const dialer = new Dialer({ caller: callerOf(node), peers, addresses, status: statusOf(0) })
  const disk = await createMemoryStore().target({ root })
  dialer.start()
  try {
    const sync = new StateSync({
      root,
      generation: () => disk.number,
      disk,
      peers,
      keccak: nobleKeccak,
      leaf: scanAccount,
      clock: systemClock,
      yieldThread: () => new Promise((resolve) => setImmediate(resolve)),
      isOnline: () => true,
      estimateStorage: async () => ({ usage: 0, quota: 1e9 }),
      onStalled: () => {},
      onPaused: () => {},
      onProgress: () => {},
    })
    return await sync.run()
  } finally {
    await dialer.stop()
    await node.stop()
  }
}

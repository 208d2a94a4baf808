/**
 * Syncs a state from a real server with the real engine, in memory, to test whether an honest client is served. Node
 * only.
 */
import { parsePeer } from '../../network/address.ts'
import { createDialingNode } from '../../network/libp2p/dialing-node.ts'
import { callerOf } from '../../network/libp2p/libp2p-caller.ts'
import { Dialer } from '../../network/peers/dialer.ts'
import { PeerSet } from '../../network/peers/peer-set.ts'
import { statusOf } from '../../protocol/messages.ts'
import { systemClock } from '../../runtime/clock.ts'
import { createMemoryStore } from '../../store/state-store.ts'
import type { SyncProgress } from '../../sync/progress.ts'
import { StateSync } from '../../sync/state-sync.ts'
import { nobleKeccak } from '../../trie/keccak.ts'
import { scanAccount } from '../../trie/leaf.ts'
import type { FuzzTarget } from './raw-fuzz.ts'

export interface HonestTarget extends FuzzTarget {
  /** Other servers for the client to dial, beside the honest one. */
  readonly others?: readonly string[]
}

export interface HonestOptions {
  /** Called with the reason whenever a dial of the honest server fails, or its connection is lost. */
  readonly onLoss?: (reason: string) => void
  /** After the sync has ended, the client goes on dialing until this promise resolves. */
  readonly until?: () => Promise<unknown>
}

/** Resolves with the final progress of the sync, after the client has stopped. Rejects as the sync does. */
export async function syncHonestly(
  { address, root, others = [] }: HonestTarget,
  { onLoss = () => {}, until = async () => {} }: HonestOptions = {},
): Promise<SyncProgress> {
  const addresses = [...others, address].map(parsePeer)
  const node = await createDialingNode(addresses)
  const peers = new PeerSet(systemClock)
  const dialer = new Dialer({ caller: callerOf(node), peers, addresses, status: statusOf(0) })
  peers.onChange(() => {
    const { reason, message = '' } = peers.snapshots().find((peer) => peer.address === address) ?? {}
    if (reason !== undefined && reason !== 'closed') onLoss(`${reason}: ${message}`)
  })
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
    const progress = await sync.run()
    await until()
    return progress
  } finally {
    await dialer.stop()
    await node.stop()
  }
}

/**
 * Reads beside a running sync, from a peer with few open requests at a time. Everything between them and the peer is
 * real.
 */
import { describe, expect, test } from 'vitest'
import { EVERYTHING, statusOf } from '../../protocol/messages.ts'
import { Responder } from '../../protocol/responder.ts'
import { createMemoryStore } from '../../store/state-store.ts'
import { StateSync } from '../../sync/state-sync.ts'
import { ManualClock, settle } from '../../testing/manual-clock.ts'
import { createWirePair } from '../../testing/memory-wire.ts'
import { mptOracle, sequenceOf } from '../../testing/oracle.ts'
import { honestPeer } from '../../testing/peers.ts'
import { seededRandom } from '../../testing/random.ts'
import { randomState } from '../../testing/random-state.ts'
import { finishSync, startSync } from '../../testing/sync-harness.ts'
import { nobleKeccak } from '../../trie/keccak.ts'
import { scanAccount } from '../../trie/leaf.ts'
import type { NodeSource } from '../../trie/node-source.ts'
import { pathOfKey, ROOT_PATH } from '../../trie/path.ts'
import { Fetcher } from '../../wallet/fetcher.ts'
import { NetworkPeer } from './peer.ts'
import { PeerSet } from './peer-set.ts'

const ADDRESS = '/ip4/10.0.0.1/tcp/9000/ws'
/** So small that a sync has hundreds of requests. */
const ANSWER_BYTES = 600

/** Returns a client of one server; the test triggers the answers. */
async function setUp(maxOpenRequests: number) {
  const state = randomState(seededRandom(7), 150)
  const oracle = await mptOracle(state.accounts)
  const { root } = oracle
  const server = await finishSync(
    await startSync(root, [honestPeer({ sequence: sequenceOf(oracle), codes: state.codes })]),
  )
  const clock = new ManualClock()
  /** The requests received by the server, and its waiting answers. */
  const asked: string[] = []
  const answers: (() => void)[] = []
  const source = server.store.source()
  const later = async <T>(kind: string, read: Promise<T>): Promise<T> => {
    asked.push(kind)
    await new Promise<void>((resolve) => answers.push(resolve))
    return read
  }
  const slow: NodeSource = {
    has: (root) => source.has(root),
    run: (root, ref, maxNodes, maxBytes) => later('run', source.run(root, ref, maxNodes, maxBytes)),
    path: (root, ref, key) => later('path', source.path(root, ref, key)),
    code: (hash) => later('code', source.code(hash)),
  }
  const [ours, theirs] = createWirePair()
  const limits = { maxResponseBytes: ANSWER_BYTES, maxRefs: 1, maxHashes: 1, maxOpenRequests }
  new Responder({
    wire: theirs,
    source: slow,
    clock,
    status: { ...statusOf(1, [{ root, blockNumber: 7, coverage: EVERYTHING }]), limits },
  }).start()
  const peers = new PeerSet(clock)
  peers.connecting(ADDRESS, 'websocket')
  const peer = new NetworkPeer({
    id: 'id',
    address: ADDRESS,
    transport: 'websocket',
    wire: ours,
    status: statusOf(1),
    clock,
    onStatus: () => peers.changed(),
    onRoom: () => peers.changed(),
    onLeave: (departure) => peers.leave(ADDRESS, 'websocket', departure, 'id'),
  })
  await peer.start()
  peers.join(peer)
  const yieldThread = () => new Promise<void>((resolve) => setImmediate(resolve))
  const fetcher = new Fetcher({
    ...{ peers, clock, yieldThread, keccak: nobleKeccak, connect: () => {} },
    mayCome: () => false,
    canCome: () => true,
  })
  const disk = await createMemoryStore().target({ root })
  const sync = new StateSync({
    ...{ root, disk, peers, clock, yieldThread, keccak: nobleKeccak, leaf: scanAccount },
    generation: () => disk.number,
    isOnline: () => true,
    isYielding: () => fetcher.isBusy,
    estimateStorage: async () => ({ usage: 0, quota: 1000 }),
  })
  const read = (i: number) => {
    const key = pathOfKey(state.accounts[i % state.accounts.length]!.key)
    return fetcher.way({ root, path: ROOT_PATH, hash: root, key })
  }
  return { sync, read, asked, answers }
}

describe('NetworkPeer', () => {
  test.each([1, 2, 3, 16])(
    'behavior: with %i requests at a time, reads have the next place beside a sync',
    async (limit) => {
      const { sync, read, asked, answers } = await setUp(limit)
      let isDone = false
      const done = sync.run().finally(() => {
        isDone = true
      })
      await settle()
      let reads = 0
      let answered = 0
      for (let round = 0; !isDone; round++) {
        if (round % 5 === 4 && reads < 20) {
          const from = asked.length
          void read(reads++).then((nodes) => nodes.length > 0 && answered++)
          await settle()
          answers.shift()?.()
          await settle()
          // Only requests sent before the read: the next free place belongs to the read.
          expect(asked.slice(from).filter((kind) => kind === 'run').length).toBeLessThan(2)
          expect(asked.slice(from)).toContain('path')
        } else answers.shift()?.()
        await settle()
        // Neither the read nor the sync behind the read waits for a timer.
        expect(isDone || answers.length > 0).toBe(true)
      }
      await done
      expect([reads, answered]).toEqual([20, 20])
    },
  )
})

import { beforeAll, describe, expect, test, vi } from 'vitest'
import { MemoryRecords } from '../../store/database/memory-records.ts'
import { WatchedRecords } from '../../store/fixture.suite.ts'
import { StateStore } from '../../store/state-store.ts'
import { SyncError } from '../../sync/errors.ts'
import { ManualClock, settle } from '../../testing/manual-clock.ts'
import { mptOracle, type Oracle, sequenceOf } from '../../testing/oracle.ts'
import { honestPeer, type PeerState, type TestPeer, TestPeers } from '../../testing/peers.ts'
import { seededRandom } from '../../testing/random.ts'
import { type RandomState, randomState } from '../../testing/random-state.ts'
import { expectStored, finishSync, startSync } from '../../testing/sync-harness.ts'
import { EMPTY_ROOT } from '../../trie/account.ts'
import { nobleKeccak } from '../../trie/keccak.ts'
import { type Path, pathOfKey } from '../../trie/path.ts'
import { Scope } from '../../trie/scope.ts'
import { KEEP_DELAY_MS, LOST_PEER_GRACE_MS } from '../../wallet/constants.ts'
import { ReadError } from '../../wallet/errors.ts'
import type { ReadAt } from '../engine.ts'
import { ForegroundWork } from '../serving/foreground-work.ts'
import { hexOf, type StateRead } from './reads.ts'
import { ReadsOnDemand, type RunningSync } from './reads-on-demand.ts'

let state: RandomState
let oracle: Oracle
let peerState: PeerState
let at: ReadAt

beforeAll(async () => {
  state = randomState(seededRandom(7), 300)
  oracle = await mptOracle(state.accounts)
  peerState = { sequence: sequenceOf(oracle), codes: state.codes }
  at = hexOf(oracle.root) as ReadAt
})

const accountAt =
  (index: number): StateRead<bigint | undefined> =>
  async (reader) =>
    (await reader.account(state.accounts[index]!.key))?.nonce

function start(store: StateStore, peers: TestPeers, running: RunningSync | null = null) {
  const clock = new ManualClock()
  const network = { start: () => {}, mayCome: false, canCome: true, loadFailure: null }
  const reads = new ReadsOnDemand({
    store,
    keccak: nobleKeccak,
    peers,
    network,
    clock,
    foreground: new ForegroundWork(),
    yieldThread: async () => {},
    running: () => running,
    settled: async () => {},
  })
  return { clock, reads }
}

const askedPaths = (peer: TestPeer) => peer.asked.flat().filter((asked) => 'key' in asked).length

describe('ReadsOnDemand', () => {
  test('default: reads of a root that the application trusts, with no sync and nothing on disk', async () => {
    const peer = honestPeer(peerState)
    const { reads } = start(await StateStore.writer(new MemoryRecords()), new TestPeers(peer))
    const answer = await reads.read(at, accountAt(3))
    expect(answer).toEqual({ root: at, value: state.accounts[3]!.nonce })
    await expect(reads.read(undefined, accountAt(3))).rejects.toMatchObject({ code: 'notSynced' })
    await expect(reads.read('0x12', accountAt(3))).rejects.toMatchObject({ code: 'badRootText' })
  })

  test('behavior: what reads have fetched is on disk, and found again without any peer', async () => {
    const records = new MemoryRecords()
    const store = await StateStore.writer(records)
    await store.target({ root: oracle.root })
    const first = start(store, new TestPeers(honestPeer(peerState)))
    await first.reads.read('target', accountAt(5))
    await first.clock.pass(KEEP_DELAY_MS)
    const second = start(await StateStore.writer(records), new TestPeers())
    expect(await second.reads.read('target', accountAt(5))).toEqual({ root: at, value: state.accounts[5]!.nonce })
    const missing = second.reads.read('target', accountAt(6)).catch((error) => error)
    await second.clock.pass(LOST_PEER_GRACE_MS)
    expect(await missing).toMatchObject({ code: 'notSynced', details: { reason: 'noPeers' } })
  })

  test('behavior: a burst of reads writes about what it fetched, not again what is there, and nothing of it is lost', async () => {
    const disk = new MemoryRecords()
    for (const isComplete of [false, true]) {
      const records = new WatchedRecords(disk.reopen())
      const store = await StateStore.writer(records)
      await store.wipe()
      if (isComplete) await (await store.target({ root: EMPTY_ROOT })).complete()
      else await store.target({ root: oracle.root })
      const { reads, clock } = start(store, new TestPeers(honestPeer(peerState)))
      const burst = async (from: number, count: number) => {
        const before = records.writes.length
        for (let i = from; i < from + count; i++) await reads.read(at, accountAt(i))
        await clock.pass(KEEP_DELAY_MS)
        const puts = records.writes.slice(before).flatMap(({ operations }) => operations)
        return puts.reduce((sum, put) => sum + (put.kind === 'put' && put.store === 'pages' ? put.value.length : 0), 0)
      }
      const first = await burst(0, 200)
      // Each brings a leaf or two, written with a page that begins at the same node.
      for (let i = 200; i < 290; i += 5) expect(await burst(i, 5)).toBeLessThan(first / 4)
      expect(await burst(0, 290)).toBe(0)
      await store.close()
      const again = start(await StateStore.writer(disk.reopen()), new TestPeers())
      for (let i = 0; i < 290; i++) expect((await again.reads.read(at, accountAt(i))).root).toBe(at)
    }
  })

  test('behavior: what was kept and went with a state that is complete is kept again', async () => {
    const records = new MemoryRecords()
    const store = await StateStore.writer(records)
    await store.target({ root: oracle.root })
    const { reads, clock } = start(store, new TestPeers(honestPeer(peerState)))
    for (let i = 0; i < 9; i++) await reads.read(at, accountAt(i))
    await clock.pass(KEEP_DELAY_MS)
    const scope = Scope.of([Scope.account('7'.repeat(64) as Path)])
    await (await store.target({ root: EMPTY_ROOT, scope })).complete()
    expect(await store.loose()).toEqual([])
    reads.meetComplete()
    await clock.pass(KEEP_DELAY_MS)
    const again = start(await StateStore.writer(records), new TestPeers())
    for (let i = 0; i < 9; i++) expect((await again.reads.read(at, accountAt(i))).root).toBe(at)
  })

  test('error: a disk that fails once fails the reads of that moment, and no later ones', async () => {
    const store = await StateStore.writer(new MemoryRecords())
    const { reads } = start(store, new TestPeers(honestPeer(peerState)))
    vi.spyOn(store, 'loose').mockRejectedValueOnce(new Error('the disk is tired'))
    await expect(reads.read(at, accountAt(3))).rejects.toThrow('tired')
    expect((await reads.read(at, accountAt(3))).value).toBe(state.accounts[3]!.nonce)
  })

  test('behavior: what a sync has left unfinished is kept beside what reads fetch', async () => {
    const records = new MemoryRecords()
    const store = await StateStore.writer(records)
    const peer = honestPeer(peerState)
    peer.bytes = 2000
    const run = await startSync(oracle.root, [peer], { store })
    await run.clock.pass(0)
    run.sync.cancel(new SyncError('cancelled', 'cancelled'))
    await finishSync(run)
    const before = (await store.loose()).reduce((sum, bytes) => sum + bytes.length, 0)
    expect(before).toBeGreaterThan(0)
    const { reads, clock } = start(store, new TestPeers(honestPeer(peerState)))
    await clock.pass(KEEP_DELAY_MS)
    expect((await store.loose()).reduce((sum, bytes) => sum + bytes.length, 0)).toBe(before)
    for (const index of [299, 250, 200]) await reads.read('target', accountAt(index))
    await clock.pass(KEEP_DELAY_MS)
    expect((await store.loose()).reduce((sum, bytes) => sum + bytes.length, 0)).toBeGreaterThan(before)
    const again = await StateStore.writer(records)
    const resumed = await startSync(oracle.root, [honestPeer(peerState)], { store: again })
    await expectStored(await finishSync(resumed), { root: oracle.root, ...peerState })
  })

  test('behavior: a running sync takes what reads have fetched, and does not ask for it again', async () => {
    const store = await StateStore.writer(new MemoryRecords())
    const run = await startSync(oracle.root, [], { store })
    await settle()
    const generation = await store.target({ root: oracle.root })
    const peer = honestPeer(peerState)
    const { reads } = start(store, new TestPeers(peer), { sync: run.sync, generation })
    for (const index of [0, 100, 200]) expect((await reads.read('target', accountAt(index))).value).toBeDefined()
    expect(run.sync.progress().nodes).toBeGreaterThan(3)
    const before = run.sync.progress().nodes
    const server = honestPeer(peerState, 'server')
    run.peers.join(server)
    await expectStored(await finishSync(run), { root: oracle.root, ...peerState })
    expect(before).toBeGreaterThan(0)
    const bytes = server.reports.reduce((sum, report) => sum + (report.kind === 'useful' ? report.bytes : 0), 0)
    const all = [...peerState.sequence.map(([, blob]) => blob), ...state.codes.values()]
    expect(bytes).toBeLessThan(all.reduce((sum, blob) => sum + blob.length, 0))
  })

  test('behavior: a part of a state is read to its edge, and is told to nobody as if it were all of it', async () => {
    const store = await StateStore.writer(new MemoryRecords())
    const scope = Scope.of([Scope.account(pathOfKey(state.accounts[4]!.key))])
    const run = await finishSync(await startSync(oracle.root, [honestPeer(peerState)], { store, scope }))
    expect(run.outcome).toMatchObject({ phase: 'complete', fraction: 1 })
    const peer = honestPeer(peerState)
    const { reads } = start(store, new TestPeers(peer))
    expect((await reads.read(undefined, accountAt(4))).value).toBe(state.accounts[4]!.nonce)
    expect(askedPaths(peer)).toBe(0)
    expect((await reads.read(undefined, accountAt(200))).value).toBe(state.accounts[200]!.nonce)
    expect(askedPaths(peer)).toBe(1)
    // Nodes outside the scope are no damage, are offered to no peer, and go into no file.
    expect(await store.verify()).toMatchObject({ whole: true, damaged: 0 })
    expect(store.lastComplete()).toMatchObject({ intact: true })
    expect(store.coverage()).toEqual([])
    expect(() => store.all()).toThrow(expect.objectContaining({ code: 'incomplete' }))
  })

  test('behavior: a read that is answered from a running sync asks nobody', async () => {
    const store = await StateStore.writer(new MemoryRecords())
    const run = await finishSync(await startSync(oracle.root, [honestPeer(peerState)], { store }))
    const generation = await store.target({ root: oracle.root })
    const peer = honestPeer(peerState)
    const { reads } = start(store, new TestPeers(peer), { sync: run.sync, generation })
    for (const index of [1, 2, 3]) expect((await reads.read('target', accountAt(index))).root).toBe(at)
    expect(askedPaths(peer)).toBe(0)
  })

  test('error: a client that is closed ends what waits', async () => {
    const { reads } = start(await StateStore.writer(new MemoryRecords()), new TestPeers())
    const read = reads.read(at, accountAt(0))
    await settle()
    reads.stop(new ReadError('closed', 'the client was closed'))
    await expect(read).rejects.toMatchObject({ code: 'closed' })
  })
})

/**
 * The peer matrix of geth's `eth/protocols/snap/sync_test.go` and `syncv2_test.go`, by name, over the whole engine.
 *
 * | of the original | here |
 * |---|---|
 * | TestSyncBloatedProof, TestSyncWithStorageAndNonProvingPeer, TestSyncWithStorageMisbehavingProve | there are no range proofs: a run proves itself; the remaining case is a run with more nodes than requested |
 * | TestRequestSorting | refs are requested in path order, and the wire's path code has vectors in `protocol/path-code.test.ts` |
 * | TestSlotEstimation | the known share of a storage trie stands for the density of its keys |
 * | TestFetchAccessListsRejectsBadBAL | every wrong hash is the same case: OneAccountCorruptPeer |
 * | TestResumeWipesUncoveredState | nothing is stored outside of pages, and loose pages are hints: hashed again |
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { createMemoryStore } from '../store/state-store.ts'
import { type Fixture, stateFixture, testState } from '../testing/geth-fixtures.ts'
import { iterate } from '../testing/iterate.ts'
import { ManualClock, settle } from '../testing/manual-clock.ts'
import { PageMap } from '../testing/page-map.ts'
import {
  type Bent,
  bentPeer,
  bloatedPeer,
  cappedPeer,
  emptyPeer,
  honestPeer,
  quittingPeer,
  type TestPeer,
} from '../testing/peers.ts'
import { seededRandom } from '../testing/random.ts'
import { mutatedState, randomState } from '../testing/random-state.ts'
import { bytesOf, expectStored, finishSync, kindsOf, startSync } from '../testing/sync-harness.ts'
import { encodeSlot } from '../trie/account.ts'
import { keccak256 } from '../trie/keccak.ts'
import type { NodeRequest, Ref } from '../trie/node-source.ts'
import { KEY_NIBBLES } from '../trie/path.ts'
import { SyncError } from './errors.ts'
import type { SyncProgress } from './progress.ts'

const withStorage = testState(true)
const withoutStorage = testState(false)
const large = (() => {
  const { accounts, codes } = randomState(seededRandom(21), 250)
  return stateFixture(accounts, codes)
})()

const never = () => new Promise<never>(() => {})
const nothing = (parts: Uint8Array[]) => parts.map(() => new Uint8Array())
const corrupt = (parts: Uint8Array[]) =>
  parts.map((part) => part.map((byte, i) => (i === part.length >> 1 ? byte ^ 1 : byte)))
const inStorage = ({ path }: Ref) => path.length >= KEY_NIBBLES
/** Applies a vice to requests for storage tries only. Runs of accounts hold storage, too. */
const onlyStorage =
  (vice: (runs: Uint8Array[]) => Uint8Array[]) => (runs: Uint8Array[], requests: readonly NodeRequest[]) =>
    runs.map((run, i) => (inStorage(requests[i]!) ? vice([run])[0]! : run))

/** Syncs `fixture` from `peers` and expects a complete state. */
async function syncFrom(fixture: Fixture, ...peers: TestPeer[]) {
  const run = await finishSync(await startSync(fixture.root, peers))
  await expectStored(run, fixture)
  return run
}

function expectHonest(...peers: TestPeer[]): void {
  for (const peer of peers) expect(kindsOf(peer)).not.toContain('lie')
}

describe('StateSync: snap/sync_test.go', () => {
  test.each([
    ['TestSync – one peer, accounts only', withoutStorage, 1],
    ['TestMultiSync – two peers, accounts only', withoutStorage, 2],
    ['TestSyncWithStorage – one peer, accounts, storage and codes', withStorage, 1],
    ['TestSyncWithStorage – three peers, and tries of every shape', large, 3],
  ])('default: %s', async (_, fixture, count) => {
    const peers = Array.from({ length: count }, (_, i) => honestPeer(fixture, `${i}`))
    const run = await syncFrom(fixture, ...peers)
    for (const peer of peers) expect(peer.asked.length).toBeGreaterThan(0)
    expectHonest(...peers)
    expect(run.stalls).toEqual([])
  })

  test('default: TestSyncTinyTriePanic – a trie of one account', async () => {
    const tiny = stateFixture([{ key: keccak256(Uint8Array.of(7)), nonce: 0n, balance: 1n }])
    await syncFrom(tiny, honestPeer(tiny))
  })

  /** Useless peers: a name, empty answers, and silence. Only the good peer has codes. */
  const useless: readonly (readonly [string, Bent, Bent])[] = [
    ['nothing', { nodes: nothing, codes: nothing }, { nodes: never, codes: never }],
    [
      'no storage',
      { nodes: onlyStorage(nothing), codes: nothing },
      { nodes: (runs, asked) => (asked.some(inStorage) ? never() : runs), codes: never },
    ],
    ['no codes', { codes: nothing }, { codes: never }],
  ]

  test('behavior: TestMultiSyncManyUseless – one good peer among those who answer with nothing', async () => {
    const others = useless.map(([id, bent]) => bentPeer(large, bent, id))
    const good = honestPeer(large)
    const run = await syncFrom(large, ...others, good)
    expectHonest(...others)
    expect(kindsOf(good)).toContain('useful')
    // Empty answers are no reason to drop a peer.
    expect([...run.peers.connected()]).toHaveLength(4)
  })

  test('behavior: TestMultiSyncManyUselessWithLowTimeout – answers that always come too late are used', async () => {
    const clock = new ManualClock()
    const late = <T>(parts: T) => new Promise<T>((resolve) => void clock.after(40, () => resolve(parts)))
    const good = bentPeer(large, { nodes: late, codes: late }, 'good')
    const peers = ['a', 'b', 'c'].map((id) => emptyPeer(large, id)).concat(good)
    for (const peer of peers) peer.timeoutMs = () => 10
    const report = good.report.bind(good)
    // Like a peer asked for more than its least: a timeout does not disconnect the peer.
    good.report = (outcome) => (outcome.kind === 'timeout' ? void good.reports.push(outcome) : report(outcome))
    const run = await finishSync(await startSync(large.root, peers, { clock }))
    await expectStored(run, large)
    expect(kindsOf(good)).toEqual(new Set(['timeout', 'useful']))
  })

  test('behavior: TestMultiSyncManyUnresponsive – one good peer among those who never answer', async () => {
    const others = useless.map(([id, , bent]) => bentPeer(large, bent, id))
    const good = honestPeer(large)
    await syncFrom(large, ...others, good)
    expectHonest(good, ...others)
  })

  const edges = [...'0123456789abcdef'].flatMap((nibble) => [
    hexToBytes(nibble.padEnd(KEY_NIBBLES, '0')),
    hexToBytes(nibble.padEnd(KEY_NIBBLES, 'f')),
  ])

  test.each([
    ['TestSyncBoundaryAccountTrie', stateFixture(edges.map((key) => ({ key, nonce: 1n, balance: 0n })))],
    [
      'TestSyncBoundaryStorageTrie',
      stateFixture(
        [edges[0]!, edges.at(-1)!].map((key) => {
          return {
            key,
            nonce: 1n,
            balance: 0n,
            slots: edges.map((slot, i) => [slot, encodeSlot(BigInt(i + 1))] as const),
          }
        }),
      ),
    ],
  ])('behavior: %s – keys at both ends of every sixteenth, in requests of every size', async (_, fixture) => {
    for (const bytes of [1, 500, 100_000]) {
      await syncFrom(fixture, Object.assign(honestPeer(fixture, `${bytes}`), { bytes }))
    }
  })

  test.each([
    ['TestSyncNoStorageAndOneCappedPeer', withoutStorage],
    ['TestSyncWithStorageAndOneCappedPeer', withStorage],
  ])('behavior: %s – a peer whose replies are tiny is no liar, and is asked on', async (_, fixture) => {
    const [capped, ...good] = [cappedPeer(fixture), honestPeer(fixture, 'a'), honestPeer(fixture, 'b')]
    await syncFrom(fixture, capped, ...good)
    expect(kindsOf(capped)).toEqual(new Set(['useful']))
    await syncFrom(fixture, cappedPeer(fixture))
  })

  test.each<[string, Fixture, Bent]>([
    ['TestSyncNoStorageAndOneCodeCorruptPeer', withoutStorage, { codes: corrupt }],
    ['TestSyncNoStorageAndOneAccountCorruptPeer', withoutStorage, { nodes: corrupt }],
    ['TestSyncWithStorageAndCorruptPeer', large, { nodes: onlyStorage(corrupt) }],
  ])('behavior: %s – it is blamed and leaves, and nobody else', async (_, fixture, bent) => {
    const liar = bentPeer(fixture, bent, 'liar')
    // The liar is alone until detected.
    const run = await startSync(fixture.root, [liar])
    await run.clock.pass(100)
    expect(liar.reports.at(-1)).toEqual({ kind: 'lie', reason: 'wrongHash' })
    expect([...run.peers.connected()]).toEqual([])
    const good = [honestPeer(fixture, 'a'), honestPeer(fixture, 'b')]
    for (const peer of good) run.peers.join(peer)
    await expectStored(await finishSync(run), fixture)
    expectHonest(...good)
  })

  test('behavior: TestSyncNoStorageAndOneCodeCappedPeer – one code a reply, and no code is asked for in vain', async () => {
    let requests = 0
    const one = (codes: Uint8Array[]) => {
      requests++
      return codes.slice(0, 1)
    }
    const capped = bentPeer(withoutStorage, { codes: one }, 'capped')
    await syncFrom(withoutStorage, capped)
    expect(kindsOf(capped)).toEqual(new Set(['useful']))
    expect(requests).toBeLessThanOrEqual(withoutStorage.codes.size)
  })

  test('behavior: TestSyncBloatedProof – more than was asked for is a lie, and what was true of it is kept', async () => {
    const bloated = bloatedPeer(withStorage)
    const run = await startSync(withStorage.root, [bloated])
    await run.clock.pass(100)
    expect(kindsOf(bloated)).toContain('lie')
    expect(run.sync.progress().nodes).toBeGreaterThan(0)
    run.peers.join(honestPeer(withStorage))
    await expectStored(await finishSync(run), withStorage)
  })

  test('behavior: TestSyncWithUnevenStorage – one large trie among small ones', async () => {
    const accounts = Array.from({ length: 40 }, (_, i) => {
      const count = i === 17 ? 1500 : i % 3
      const keys = Array.from({ length: count }, (_, j) => keccak256(Uint8Array.of(i, j & 255, j >> 8)))
      const slots = keys.sort(Buffer.compare).map((key, j) => [key, encodeSlot(BigInt(j + 1))] as const)
      return { key: keccak256(Uint8Array.of(i)), nonce: 0n, balance: 0n, slots }
    })
    const uneven = stateFixture(accounts)
    const peers = [0, 1, 2].map((i) => honestPeer(uneven, `${i}`))
    await syncFrom(uneven, ...peers)
    for (const peer of peers) expect(peer.asked.flat().some((asked) => 'path' in asked && inStorage(asked))).toBe(true)
  })

  test('behavior: TestSyncAccountPerformance – nothing is fetched twice, and no request is in vain', async () => {
    const peer = honestPeer(withStorage)
    const { outcome } = await syncFrom(withStorage, peer)
    expect((outcome as SyncProgress).wireBytes).toBe(bytesOf(withStorage))
    expect(kindsOf(peer)).toEqual(new Set(['useful']))
  })

  test('behavior: TestSlotEstimation – what is missing of a storage trie is estimated from what is there', async () => {
    const keys = Array.from({ length: 3000 }, (_, i) => keccak256(Uint8Array.of(i & 255, i >> 8))).sort(Buffer.compare)
    const slots = keys.map((key, i) => [key, encodeSlot(2n ** 200n + BigInt(i))] as const)
    const one = stateFixture([{ key: keccak256(Uint8Array.of(9)), nonce: 0n, balance: 0n, slots }])
    const all = bytesOf(one)
    const errors: number[] = []
    await iterate(one, new PageMap(), {
      batch: 1,
      maxRun: 40,
      onRound: (scheduler) => {
        const missing = all - scheduler.counts.bytes
        if (missing > all / 4 && missing < all * 0.75) errors.push(scheduler.missingBytes() / missing - 1)
      },
    })
    expect(errors.length).toBeGreaterThan(10)
    for (const error of errors) expect(Math.abs(error)).toBeLessThan(0.5)
  })
})

describe('StateSync: snap/syncv2_test.go', () => {
  test('behavior: TestFetchAccessListsPeerTimeout – what timed out is asked of the next', async () => {
    const silent = bentPeer(large, { nodes: never, codes: never }, 'silent')
    const run = await startSync(large.root, [silent])
    await run.clock.pass(1_500)
    expect(silent.reports).toEqual([{ kind: 'timeout', maxBytes: 4096 }])
    run.peers.join(honestPeer(large))
    await expectStored(await finishSync(run), large)
  })

  test('behavior: TestFetchAccessListsPeerRejection – a peer that refuses is asked again later, and blamed for nothing', async () => {
    let refusals = 2
    const refuse = async (runs: Uint8Array[]) => {
      if (refusals-- > 0) throw new Error('too many requests')
      return runs
    }
    const peer = bentPeer(large, { nodes: refuse }, 'refusing')
    await syncFrom(large, peer)
    expect(kindsOf(peer)).toEqual(new Set(['useful']))
  })

  test('behavior: TestFetchAccessListsPeerDrop – what the peer held when it left is asked of the next', async () => {
    for (const at of [1, 2, 5]) {
      const quitter = quittingPeer(large, at)
      const run = await startSync(large.root, [quitter])
      await run.clock.pass(500)
      expect([...run.peers.connected()]).toEqual([])
      run.peers.join(honestPeer(large))
      await expectStored(await finishSync(run), large)
      expectHonest(quitter)
    }
  })

  test('behavior: TestFetchAccessListsShortResponse – the rest of a short answer is asked for again, and it counts as useful', async () => {
    const half = (parts: Uint8Array[]) => parts.slice(0, Math.ceil(parts.length / 2))
    const peer = bentPeer(large, { nodes: half, codes: half }, 'short')
    await syncFrom(large, peer)
    expect(kindsOf(peer)).toEqual(new Set(['useful']))
  })

  test('behavior: TestFetchAccessListsEmptyPlaceholder – an empty string in place of a node is no emptiness, it is a lie', async () => {
    const placeholder = bentPeer(large, { nodes: (runs) => runs.map(() => Uint8Array.of(0x80)) }, 'placeholder')
    const run = await startSync(large.root, [placeholder])
    await run.clock.pass(100)
    expect(kindsOf(placeholder)).toEqual(new Set(['lie']))
    run.peers.join(honestPeer(large))
    await expectStored(await finishSync(run), large)
  })

  test('behavior: TestFetchAccessListsCancel – a cancelled sync settles at once, whatever is in flight', async () => {
    const run = await startSync(large.root, [bentPeer(large, { nodes: never }, 'silent')])
    await settle()
    run.sync.cancel(new SyncError('cancelled', 'enough'))
    await settle()
    expect(run.outcome).toMatchObject({ code: 'cancelled' })
    expect(run.clock.pending).toEqual([])
    expect(run.peers.listeners).toBe(0)
  })

  test('behavior: TestInterruptedDownloadRecovery – cut off again and again, it ends, and fetches little twice', async () => {
    const store = createMemoryStore()
    let received = 0
    let cuts = 0
    for (;;) {
      const run = await startSync(large.root, [honestPeer(large)], { store })
      const before = run.sync.progress().nodes
      while (run.outcome === undefined && run.sync.progress().nodes - before < large.nodes.length / 6) await settle()
      run.sync.cancel(new SyncError('cancelled', 'cut'))
      await finishSync(run)
      received += run.sync.progress().wireBytes
      if (run.outcome instanceof SyncError) cuts++
      else break
      expect(cuts).toBeLessThan(100)
    }
    const last = await finishSync(await startSync(large.root, [], { store }))
    await expectStored(last, large)
    expect(cuts).toBeGreaterThan(0)
    expect(received).toBeLessThan(bytesOf(large) * 1.5)
  })

  test('behavior: TestPivotMovementRepeated – a root that moves ten times in the middle of it, and everything verified is kept', async () => {
    const store = createMemoryStore()
    const random = seededRandom(22)
    let state = randomState(random, 250)
    let fixture = stateFixture(state.accounts, state.codes)
    let received = 0
    for (let moves = 0; moves < 10; moves++) {
      const run = await startSync(fixture.root, [honestPeer(fixture)], { store })
      while (run.outcome === undefined && run.sync.progress().nodes < large.nodes.length / 10) await settle()
      run.sync.cancel(new SyncError('superseded', 'a newer root'))
      await finishSync(run)
      received += run.sync.progress().wireBytes
      state = mutatedState(random, state, 3)
      fixture = stateFixture(state.accounts, state.codes)
    }
    const run = await finishSync(await startSync(fixture.root, [honestPeer(fixture)], { store }))
    await expectStored(run, fixture, null)
    received += (run.outcome as SyncProgress).wireBytes
    expect(received).toBeLessThan(bytesOf(fixture) * 3)
  })
})

/**
 * The scenarios of two other clients, by name: Mantis (`SyncStateDownloaderStateSpec`, `SyncStateSchedulerSpec`,
 * `StateSyncSpec`) and Besu (`FastWorldStateDownloaderTest`).
 *
 * | of the original | here |
 * |---|---|
 * | Mantis: start while the bloom filter loads | there is no filter: page keys tell the contents of the disk |
 * | Mantis: a response from a peer with no request | answers are matched by id before the engine (`protocol/requester.test.ts`); the remaining case is a run for a ref that is no gap |
 * | Besu: a second concurrent run is rejected | another `sync()` supersedes the first, or joins: `client.browser.test.ts` |
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { createMemoryStore } from '../store/state-store.ts'
import { type Fixture, stateFixture, testState } from '../testing/geth-fixtures.ts'
import { iterate, schedulerOf } from '../testing/iterate.ts'
import { settle } from '../testing/manual-clock.ts'
import { runAt } from '../testing/oracle.ts'
import { PageMap } from '../testing/page-map.ts'
import { bentPeer, cappedPeer, emptyPeer, honestPeer, silentPeer, type TestPeer } from '../testing/peers.ts'
import { seededRandom } from '../testing/random.ts'
import { randomState } from '../testing/random-state.ts'
import { bytesOf, expectStored, finishSync, kindsOf, startSync } from '../testing/sync-harness.ts'
import { encodeSlot } from '../trie/account.ts'
import { keccak256 } from '../trie/keccak.ts'
import type { NodeRequest } from '../trie/node-source.ts'
import { type Path, ROOT_PATH } from '../trie/path.ts'
import { MAX_IN_FLIGHT_BYTES, MAX_REFS_PER_REQUEST, MAX_REQUESTS_PER_PEER } from './constants.ts'
import { deliveryOf } from './delivery.ts'
import { SyncError } from './errors.ts'
import type { SyncProgress } from './progress.ts'
import type { Scheduler } from './scheduler.ts'

const ALL = Number.POSITIVE_INFINITY
const MEBIBYTE = 1024 * 1024
const fixture = testState(true)
const sized = (accounts: number): Fixture => {
  const state = randomState(seededRandom(accounts), accounts)
  return stateFixture(state.accounts, state.codes)
}

/** Returns a scheduler with the root's node, and no other node. */
function withRoot(): Scheduler {
  const scheduler = schedulerOf(fixture, new PageMap())
  const [root] = scheduler.missing(ALL, 1)
  scheduler.process(deliveryOf(root!, runOf(ROOT_PATH, 1)))
  scheduler.release([root!])
  return scheduler
}

const runOf = (path: Path, maxNodes: number) => Uint8Array.from(Buffer.concat(runAt(fixture.sequence, path, maxNodes)))
const pathsOf = (gaps: Iterable<{ readonly path: Path }>) => [...gaps].map(({ path }) => path)
const nodeRequests = (peer: TestPeer) =>
  peer.asked.filter((asked): asked is NodeRequest[] => 'path' in (asked[0] ?? {}))

describe('Scheduler: SyncStateDownloaderStateSpec', () => {
  test('behavior: what has been queued before is preferred to what is new', () => {
    const scheduler = withRoot()
    const first = scheduler.missing(ALL, 5)
    scheduler.release(first)
    expect(scheduler.missing(ALL, 5)).toEqual(first)
    const later = scheduler.missing(ALL, 5)
    scheduler.release(first)
    expect(scheduler.missing(ALL, 10).slice(0, 5)).toEqual(first)
    expect(pathsOf(later).every((path) => !pathsOf(first).includes(path))).toBe(true)
  })

  test('behavior: a full response leaves nothing of the request', () => {
    const scheduler = withRoot()
    const gaps = scheduler.missing(ALL, 4)
    for (const gap of gaps) scheduler.process(deliveryOf(gap, runOf(gap.path, ALL)))
    scheduler.release(gaps)
    const open = pathsOf(scheduler.gaps.values())
    for (const { path } of gaps) expect(open.filter((other) => other.startsWith(path))).toEqual([])
  })

  test('behavior: a response to no request changes nothing', () => {
    const scheduler = withRoot()
    const before = { counts: { ...scheduler.counts }, open: pathsOf(scheduler.gaps.values()) }
    const stranger = deliveryOf({ path: 'abc' as Path, hash: new Uint8Array(32) }, runOf(ROOT_PATH, 3))
    scheduler.process(stranger)
    expect(stranger).toMatchObject({ useful: 0, lie: 'wrongHash' })
    expect({ counts: scheduler.counts, open: pathsOf(scheduler.gaps.values()) }).toEqual(before)
  })

  test('behavior: a response half good and half junk is taken up to the junk', () => {
    const scheduler = withRoot()
    const [gap] = scheduler.missing(ALL, 1)
    const good = runOf(gap!.path, 2)
    const delivery = deliveryOf(gap!, Uint8Array.of(...good, 0xc2, 0x01, 0x02))
    scheduler.process(delivery)
    expect(delivery.lie).not.toBeNull()
    expect(delivery.useful).toBe(runAt(fixture.sequence, gap!.path, 2).length)
    expect(scheduler.gaps.has(gap!.path)).toBe(false)
  })
})

describe('StateSync: SyncStateDownloaderStateSpec', () => {
  test('behavior: a peer is assigned as much as it is able to take, and no more', async () => {
    const large = sized(300)
    const peer = bentPeer(large, {
      nodes: (_, asked) =>
        asked[0]!.path === '' ? [runAt(large.sequence, ROOT_PATH, 1)[0]!] : new Promise<never>(() => {}),
    })
    peer.bytes = 2_000
    const run = await startSync(large.root, [peer])
    await settle()
    const open = nodeRequests(peer).slice(1)
    expect(open.length).toBe(MAX_REQUESTS_PER_PEER)
    for (const asked of open) expect(asked.length).toBeLessThanOrEqual(MAX_REFS_PER_REQUEST)
    // Each request asks for different paths.
    const paths = open.flatMap((asked) => pathsOf(asked))
    expect(new Set(paths).size).toBe(paths.length)
    run.sync.cancel(new SyncError('cancelled', 'enough'))
    await finishSync(run)
  })

  test('behavior: all peers together are asked for no more than memory holds', async () => {
    // A deep spine without the siblings: by the estimate, each sibling is larger than the budget of a request.
    const keys = Array.from({ length: 40 }, (_, depth) => [...'123456789abcdef'].map((n) => '0'.repeat(depth) + n))
    const accounts = keys.flat().map((digits) => ({ key: hexToBytes(digits.padEnd(64, '5')), nonce: 1n, balance: 0n }))
    const deep = stateFixture(accounts)
    const spine = bentPeer(deep, {
      nodes: (_, asked) =>
        asked.map(({ path }) => (/^0*$/.test(path) ? runAt(deep.sequence, path, 1)[0]! : new Uint8Array())),
    })
    const run = await startSync(deep.root, [spine])
    for (let i = 0; i < 40 && run.sync.progress().nodes < 40; i++) await settle()
    expect(run.sync.progress().nodes).toBe(40)
    const open: number[] = []
    for (let i = 0; i < 20; i++) {
      const peer = Object.assign(silentPeer(deep, `${i}`), { bytes: MEBIBYTE })
      peer.getNodes = (_root, _requests, maxBytes) => {
        open.push(maxBytes)
        return new Promise<never>(() => {})
      }
      run.peers.join(peer)
    }
    await settle()
    const bytes = open.reduce((sum, each) => sum + each, 0)
    expect(bytes).toBeGreaterThan(MAX_IN_FLIGHT_BYTES - MEBIBYTE)
    expect(bytes).toBeLessThanOrEqual(MAX_IN_FLIGHT_BYTES + MEBIBYTE)
    run.sync.cancel(new SyncError('cancelled', 'enough'))
    await finishSync(run)
  })

  test('behavior: an empty response frees what it was asked for, for others', async () => {
    const peer = emptyPeer(fixture)
    const run = await startSync(fixture.root, [peer])
    await settle()
    expect(kindsOf(peer)).toEqual(new Set(['empty']))
    expect([...run.sync.scheduler!.gaps.values()].every((gap) => gap.inFlight === 0)).toBe(true)
    run.peers.join(honestPeer(fixture))
    await expectStored(await finishSync(run), fixture)
  })

  // One node for each kept ref of the request.
  const only =
    (kept: (index: number, count: number) => boolean) => (runs: Uint8Array[], asked: readonly NodeRequest[]) =>
      runs.map((_, i) =>
        kept(i, runs.length) ? Uint8Array.from(runAt(fixture.sequence, asked[i]!.path, 1)[0]!) : new Uint8Array(),
      )

  test.each<[string, (index: number, count: number) => boolean]>([
    ['the first', (i) => i === 0],
    ['the last', (i, count) => i === count - 1],
    ['the middle', (i, count) => i === count >> 1],
    ['all but the middle', (i, count) => i !== count >> 1],
    ['none', () => false],
  ])('behavior: %s of what was asked for is delivered, and exactly the rest is asked of another', async (_, kept) => {
    let request: readonly NodeRequest[] = []
    const peer = bentPeer(fixture, {
      nodes: (runs, asked) => {
        if (asked[0]!.path === '') return [Uint8Array.from(fixture.sequence[0]![1])]
        if (request.length > 0) return runs.map(() => new Uint8Array())
        request = asked
        return only(kept)(runs, asked)
      },
      codes: (codes) => codes.map(() => new Uint8Array()),
    })
    peer.bytes = 1_000_000
    const run = await startSync(fixture.root, [peer])
    await settle()
    const delivered = pathsOf(request).filter((_, i) => kept(i, request.length))
    const rest = pathsOf(request).filter((_, i) => !kept(i, request.length))
    expect(request.length).toBeGreaterThan(2)
    const open = new Set(run.sync.scheduler!.gaps.keys())
    expect(delivered.filter((path) => open.has(path))).toEqual([])
    expect(rest.filter((path) => !open.has(path))).toEqual([])

    const other = honestPeer(fixture, 'other')
    run.peers.join(other)
    await expectStored(await finishSync(run), fixture)
    const asked = new Set(nodeRequests(other).flatMap((requests) => pathsOf(requests)))
    expect(rest.filter((path) => !asked.has(path))).toEqual([])
    expect(delivered.filter((path) => asked.has(path))).toEqual([])
  })
})

describe('Scheduler: SyncStateSchedulerSpec', () => {
  const code = Uint8Array.of(1, 2, 3)
  const leaf = { key: keccak256(Uint8Array.of(1)), nonce: 1n, balance: 1n }

  test('behavior: a trie of a single leaf is one request', async () => {
    const { gaps, codes } = await iterate(stateFixture([leaf]), new PageMap(), { batch: 10 })
    expect([gaps.length, codes.length]).toEqual([1, 0])
  })

  test('behavior: an account leads to its code and its storage', async () => {
    const slots = [[keccak256(Uint8Array.of(2)), encodeSlot(5n)]] as const
    const state = stateFixture(
      [{ ...leaf, codeHash: keccak256(code), slots }],
      new Map([[bytesToHex(keccak256(code)), code]]),
    )
    const { gaps, codes, counts } = await iterate(state, new PageMap(), { batch: 10 })
    expect([gaps.length, codes.length]).toEqual([2, 1])
    expect(counts).toMatchObject({ accounts: 1, slots: 1 })
  })

  test('behavior: what is known is not requested, nodes and codes', async () => {
    const disk = new PageMap()
    await iterate(fixture, disk, { batch: 10 })
    const again = await iterate(fixture, disk, { batch: 10 })
    expect(again).toMatchObject({ gaps: [], codes: [] })
    const shared = stateFixture(
      [leaf, { ...leaf, key: keccak256(Uint8Array.of(3)) }].map((each) => ({ ...each, codeHash: keccak256(code) })),
      new Map([[bytesToHex(keccak256(code)), code]]),
    )
    expect((await iterate(shared, new PageMap(), { batch: 10 })).codes.length).toBe(1)
  })

  test('error: AlreadyProcessed – the same answer twice changes nothing the second time', () => {
    const scheduler = withRoot()
    const before = { ...scheduler.counts }
    const again = deliveryOf({ path: ROOT_PATH, hash: fixture.root }, runOf(ROOT_PATH, 1))
    scheduler.process(again)
    expect(again).toMatchObject({ useful: 0, wasted: 1, lie: null })
    expect(scheduler.counts).toEqual(before)
  })

  test('error: a malformed node is critical – the root is bad, and no peer', () => {
    const blob = Uint8Array.of(0xc3, 0x01, 0x02, 0x03)
    const bad = { ...fixture, root: keccak256(blob) }
    const scheduler = schedulerOf(bad, new PageMap())
    const [gap] = scheduler.missing(ALL, 1)
    expect(() => scheduler.process(deliveryOf(gap!, blob))).toThrow(expect.objectContaining({ code: 'badRoot' }))
  })
})

describe('StateSync: StateSyncSpec', () => {
  test('behavior: peers with other parts of the answer each time complete it together', async () => {
    const large = sized(200)
    const random = seededRandom(31)
    const some = (parts: Uint8Array[]) => parts.map((part) => (random() < 0.5 ? part : new Uint8Array()))
    const peers = ['a', 'b', 'c', 'd'].map((id) => bentPeer(large, { nodes: some, codes: some }, id))
    await expectStored(await finishSync(await startSync(large.root, peers)), large)
    for (const peer of peers) expect(kindsOf(peer)).not.toContain('lie')
  })

  test('behavior: mixed responses, true ones, junk, nothing and silence, end in the same state', async () => {
    const large = sized(200)
    const random = seededRandom(32)
    const mixed = (parts: Uint8Array[]) => {
      const kind = random()
      if (kind < 0.05) return new Promise<never>(() => {})
      if (kind < 0.1) return parts.map(() => random.bytes(40))
      return kind < 0.3 ? parts.map(() => new Uint8Array()) : parts
    }
    const run = await startSync(large.root, [honestPeer(large)])
    for (let i = 0; i < 12; i++) run.peers.join(bentPeer(large, { nodes: mixed, codes: mixed }, `${i}`))
    await expectStored(await finishSync(run), large)
  })

  test('behavior: restarted on request with another root, it goes there', async () => {
    const [from, to] = [sized(200), sized(210)]
    const store = createMemoryStore()
    const first = await startSync(from.root, [honestPeer(from)], { store })
    while (first.sync.progress().nodes < 50) await settle()
    first.sync.cancel(new SyncError('superseded', 'another root'))
    await finishSync(first)
    expect(first.outcome).toMatchObject({ code: 'superseded' })
    await expectStored(await finishSync(await startSync(to.root, [honestPeer(to)], { store })), to)
  })
})

describe('StateSync: FastWorldStateDownloaderTest', () => {
  test.each([1, 5].flatMap((peers) => [1, 10, 100, 400].map((accounts) => [peers, accounts] as const)))(
    'default: downloads from %i peers a state of %i accounts',
    async (count, accounts) => {
      const state = sized(accounts)
      const peers = Array.from({ length: count }, (_, i) => honestPeer(state, `${i}`))
      await expectStored(await finishSync(await startSync(state.root, peers)), state)
    },
  )

  test('behavior: a state that is already available is asked of nobody', async () => {
    const { store } = await finishSync(await startSync(fixture.root, [honestPeer(fixture)]))
    const peer = honestPeer(fixture)
    await expectStored(await finishSync(await startSync(fixture.root, [peer], { store })), fixture)
    expect(peer.asked).toEqual([])
  })

  test('behavior: canRecoverFromTimeouts – requests that time out are sent again', async () => {
    const large = sized(150)
    let silences = 6
    const flaky = (parts: Uint8Array[]) => (silences-- > 0 ? new Promise<never>(() => {}) : parts)
    const peers = ['a', 'b'].map((id) => bentPeer(large, { nodes: flaky, codes: flaky }, id))
    // Like peers asked for more than their least: they may stay.
    for (const peer of peers) peer.report = (outcome) => void peer.reports.push(outcome)
    await expectStored(await finishSync(await startSync(large.root, peers)), large)
    expect(peers.some((peer) => kindsOf(peer).has('timeout'))).toBe(true)
  })

  test('behavior: handlesPartialResponses – from several peers, each another part', async () => {
    const large = sized(150)
    const peers = [cappedPeer(large, 'a'), cappedPeer(large, 'b'), cappedPeer(large, 'c')]
    await expectStored(await finishSync(await startSync(large.root, peers)), large)
  })

  test('behavior: doesNotRequestKnown… – account nodes, storage nodes and codes on disk are not fetched', async () => {
    const large = sized(200)
    const store = createMemoryStore()
    const first = await startSync(large.root, [honestPeer(large)], { store })
    while (first.sync.progress().nodes < large.nodes.length / 2) await settle()
    first.sync.cancel(new SyncError('cancelled', 'enough'))
    await finishSync(first)
    const kept = first.sync.progress().bytes
    const peer = honestPeer(large)
    const run = await finishSync(await startSync(large.root, [peer], { store }))
    await expectStored(run, large)
    expect((run.outcome as SyncProgress).wireBytes).toBe(bytesOf(large) - kept)
  })

  test('behavior: stalledDownloader – a root that nobody has is told of; a root that somebody has works after it', async () => {
    const [unavailable, good] = [sized(120), sized(130)]
    const store = createMemoryStore()
    const stalled = await startSync(unavailable.root, [emptyPeer(unavailable)], { store })
    await stalled.clock.pass(300_000)
    expect(stalled.stalls).toEqual(['rootUnavailable'])
    expect(stalled.outcome).toBeUndefined()
    stalled.sync.cancel(new SyncError('superseded', 'a root that somebody has'))
    await finishSync(stalled)
    await expectStored(await finishSync(await startSync(good.root, [honestPeer(good)], { store })), good)
  })

  test('behavior: cancelDownloader – before, during and after a request, it ends with the reason that it was given', async () => {
    for (const peer of [honestPeer(fixture), silentPeer(fixture), emptyPeer(fixture)]) {
      const run = await startSync(fixture.root, [peer])
      if (peer.id !== 'honest') await settle()
      run.sync.cancel(new SyncError('cancelled', 'enough'))
      run.sync.cancel(new SyncError('closed', 'too late'))
      expect((await finishSync(run)).outcome).toMatchObject({ code: 'cancelled' })
      expect(run.clock.pending).toEqual([])
    }
  })

  test('behavior: resumesFromNonEmptyQueue – a frontier left by a closed tab is taken up where it was', async () => {
    const disk = new PageMap()
    const crash = new PageMap()
    let rounds = 0
    await iterate(fixture, disk, {
      batch: 3,
      onRound: (scheduler) => {
        if (rounds++ !== 40) return
        crash.write(disk.pages, disk.codes)
        crash.loose = scheduler.looseSequences()
      },
    })
    const { gaps } = await iterate(fixture, crash, { batch: 3 })
    expect(crash.text()).toBe(disk.text())
    expect(gaps.length).toBeGreaterThan(0)
    expect(gaps.length).toBeLessThan(fixture.nodes.length - 100)
  })
})

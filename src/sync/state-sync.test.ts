import { bytesToHex } from '@noble/hashes/utils.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { LoadError } from '../runtime/lazy-part.ts'
import { createMemoryStore } from '../store/state-store.ts'
import { settle } from '../testing/manual-clock.ts'
import { mptOracle, type Oracle, sequenceOf } from '../testing/oracle.ts'
import {
  bentPeer,
  bloatedPeer,
  cappedPeer,
  corruptPeer,
  emptyPeer,
  honestPeer,
  type PeerState,
  quittingPeer,
  silentPeer,
  speechlessPeer,
  type TestPeer,
} from '../testing/peers.ts'
import { seededRandom } from '../testing/random.ts'
import { mutatedState, type RandomState, randomState } from '../testing/random-state.ts'
import {
  expectStored,
  finishSync,
  kindsOf,
  type Run,
  type StartOptions,
  type Surroundings,
  startSync,
} from '../testing/sync-harness.ts'
import { EMPTY_ROOT } from '../trie/account.ts'
import { nobleKeccak } from '../trie/keccak.ts'
import type { Path } from '../trie/path.ts'
import { CONNECT_GRACE_MS } from './constants.ts'
import { SyncError } from './errors.ts'
import type { SyncProgress } from './progress.ts'

let state: RandomState
let oracle: Oracle
let peerState: PeerState

beforeAll(async () => {
  state = randomState(seededRandom(7), 300)
  oracle = await mptOracle(state.accounts)
  peerState = { sequence: sequenceOf(oracle), codes: state.codes }
})

type Options = Omit<StartOptions, 'bendDisk'> & { readonly root?: Uint8Array }

const start = (peers: TestPeer[], { root = oracle.root, ...options }: Options = {}) => startSync(root, peers, options)
const expectEverything = (run: Run) => expectStored(run, { ...peerState, root: oracle.root })

describe('StateSync', () => {
  test('default: one honest peer is enough', async () => {
    const run = await finishSync(await start([honestPeer(peerState)]))
    await expectEverything(run)
    expect(run.outcome).toMatchObject({ accounts: 300, codes: state.codes.size })
  })

  test('default: eight peers share the work', async () => {
    const peers = Array.from({ length: 8 }, (_, i) => honestPeer(peerState, `honest ${i}`))
    await expectEverything(await finishSync(await start(peers)))
    for (const peer of peers) expect(peer.asked.length).toBeGreaterThan(0)
  })

  test('behavior: tabs are asked ahead of servers, which are left what tabs do not have', async () => {
    const ask = async (tab: TestPeer) => {
      const server = honestPeer(peerState, 'server')
      await expectEverything(
        await finishSync(await start([server, Object.assign(tab, { isTab: true, bytes: 2 ** 20 })])),
      )
      return server.asked.length
    }
    // An idle peer is asked for the very first node.
    expect(await ask(honestPeer(peerState, 'tab'))).toBe(1)
    expect(await ask(emptyPeer(peerState))).toBeGreaterThan(1)
  })

  test('behavior: a peer with a bad score is asked last, however fast, and is left what others do not have', async () => {
    const ask = async (good: TestPeer) => {
      const bad = Object.assign(honestPeer(peerState, 'bad'), { isTab: true, isUnreliable: true, bytesPerSecond: 1e9 })
      await expectEverything(await finishSync(await start([bad, Object.assign(good, { bytes: 2 ** 20 })])))
      return bad.asked.length
    }
    // An idle peer is asked for the very first node.
    expect(await ask(honestPeer(peerState, 'good'))).toBe(1)
    expect(await ask(emptyPeer(peerState))).toBeGreaterThan(1)
  })

  test('behavior: an empty state needs no peer', async () => {
    const run = await finishSync(await start([], { root: EMPTY_ROOT }))
    expect(run.outcome).toMatchObject({ phase: 'complete', nodes: 0, fraction: 1 })
  })

  test('behavior: a complete root needs no peer', async () => {
    const { store } = await finishSync(await start([honestPeer(peerState)]))
    const again = await finishSync(await start([], { store }))
    expect(again.outcome).toMatchObject({ phase: 'complete', nodes: oracle.nodes.size, wireBytes: 0 })
  })

  test('behavior: fraction never runs backwards, and is 1 only at the end', async () => {
    const { progress } = await finishSync(await start([honestPeer(peerState), cappedPeer(peerState)]))
    const fractions = progress.map((told) => told.fraction)
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
    expect(progress.filter((told) => told.fraction === 1).every((told) => told.phase === 'complete')).toBe(true)
  })

  test('behavior: a peer that answers one part at a time is asked on', async () => {
    await expectEverything(await finishSync(await start([cappedPeer(peerState)])))
  })

  test.each([
    ['flips a bit', (s: PeerState) => corruptPeer(s)],
    ['flips a bit later', (s: PeerState) => corruptPeer(s, 5)],
    ['adds nodes', (s: PeerState) => bloatedPeer(s)],
  ])('behavior: a peer that %s is blamed, and the honest one completes', async (_, vice) => {
    const [liar, honest] = [vice(peerState), honestPeer(peerState)]
    const run = await finishSync(await start([liar, honest]))
    await expectEverything(run)
    expect(kindsOf(liar)).toContain('lie')
    expect(kindsOf(honest)).not.toContain('lie')
  })

  test.each([
    ['has nothing', (s: PeerState) => emptyPeer(s), ['empty']],
    ['answers with nothing', (s: PeerState) => speechlessPeer(s), ['empty']],
    // The other peer is asked for its gaps before the timeout.
    ['never answers', (s: PeerState) => silentPeer(s), []],
  ])('behavior: a peer that %s holds nobody up', async (_, vice, reports) => {
    const [useless, honest] = [vice(peerState), honestPeer(peerState)]
    const run = await finishSync(await start([useless, honest]))
    await expectEverything(run)
    expect(kindsOf(useless)).toEqual(new Set(reports))
  })

  test('behavior: what a peer was asked for when it left is asked of another', async () => {
    const quitter = quittingPeer(peerState, 3)
    const run = await finishSync(await start([quitter, honestPeer(peerState)]))
    await expectEverything(run)
    expect(quitter.reports.every((report) => report.kind === 'useful')).toBe(true)
  })

  test('behavior: a peer that takes one request at a time is asked one at a time', async () => {
    const narrow = honestPeer(peerState, 'narrow')
    const getNodes = narrow.getNodes.bind(narrow)
    let open = 0
    narrow.getNodes = async (...request) => {
      if (open > 0) throw new Error('too many requests')
      open++
      return getNodes(...request).finally(() => open--)
    }
    narrow.bytes = 100_000
    await expectEverything(await finishSync(await start([narrow])))
    expect(kindsOf(narrow)).toEqual(new Set(['useful']))
  })

  test('behavior: a liar alone stalls the sync for want of peers; an honest one that comes completes it', async () => {
    const run = await start([corruptPeer(peerState)])
    await run.clock.pass(30_000)
    expect(run.stalls).toEqual(['noPeers'])
    expect(run.outcome).toBeUndefined()
    run.peers.join(honestPeer(peerState))
    await expectEverything(await finishSync(run))
  })

  test('behavior: without peers it is connecting, then stalled', async () => {
    const run = await start([])
    await run.clock.pass(1_000)
    expect(run.sync.progress()).toMatchObject({ phase: 'connecting', reason: null })
    await run.clock.pass(10_000)
    expect(run.sync.progress()).toMatchObject({ phase: 'stalled', reason: 'noPeers' })
  })

  test('behavior: without peers and without a network it is paused; it says stalled when the network is back', async () => {
    const surroundings = { isOnline: false }
    const run = await start([], { surroundings })
    await run.clock.pass(10_000)
    expect(run.sync.progress()).toMatchObject({ phase: 'paused', reason: null })
    surroundings.isOnline = true
    run.sync.nudge()
    await settle()
    expect(run.sync.progress()).toMatchObject({ phase: 'stalled', reason: 'noPeers' })
    expect(run.stalls).toEqual(['noPeers'])
  })

  test('behavior: what could not be loaded is told at once as loadFailed, and the sync goes on when it is', async () => {
    const details = { part: 'libp2p', message: 'no such chunk' }
    const surroundings: Surroundings = {
      isOnline: true,
      loadFailure: new LoadError('loadFailed', 'no such chunk', { details }),
    }
    const run = await start([], { surroundings })
    run.sync.nudge()
    await run.clock.pass(0)
    expect(run.stalls).toEqual(['loadFailed'])
    expect(run.sync.progress()).toMatchObject({ phase: 'stalled', reason: 'loadFailed', details })
    surroundings.isOnline = false
    run.sync.nudge()
    await settle()
    expect(run.sync.progress()).toMatchObject({ phase: 'paused', reason: null, details })
    surroundings.isOnline = true
    surroundings.loadFailure = null
    run.sync.nudge()
    await run.clock.pass(CONNECT_GRACE_MS)
    expect(run.sync.progress()).toMatchObject({ phase: 'stalled', reason: 'noPeers', details: null })
    run.peers.join(honestPeer(peerState))
    await expectEverything(await finishSync(run))
  })

  test.each([
    ['say so', (peer: TestPeer) => Object.assign(peer, { has: false })],
    ['answer with nothing', (peer: TestPeer) => peer],
  ])('behavior: peers without the root, who %s, are told of as rootUnavailable', async (_, bend) => {
    const run = await start([bend(emptyPeer(peerState, 'a')), bend(emptyPeer(peerState, 'b'))])
    await run.clock.pass(2_000)
    expect(run.stalls).toEqual(['rootUnavailable'])
    expect(run.outcome).toBeUndefined()
  })

  test('behavior: peers that have run out are noProgress, and are asked again later', async () => {
    let has = true
    const peer = honestPeer(peerState)
    const getNodes = peer.getNodes.bind(peer)
    peer.getNodes = (root, requests, maxBytes, signal) =>
      has ? getNodes(root, requests, maxBytes, signal) : Promise.resolve(requests.map(() => new Uint8Array()))
    const run = await start([peer])
    while (run.sync.progress().nodes === 0) await settle()
    has = false
    await run.clock.pass(2_000)
    expect(run.stalls).toEqual(['noProgress'])
    has = true
    await expectEverything(await finishSync(run))
  })

  test('behavior: an answer that comes after its timeout is used all the same', async () => {
    const slow = honestPeer(peerState, 'slow')
    const getNodes = slow.getNodes.bind(slow)
    const deliver: (() => void)[] = []
    slow.getNodes = async (...request) => {
      const answer = await getNodes(...request)
      await new Promise<void>((resolve) => void deliver.push(resolve))
      return answer
    }
    slow.report = () => {} // like a peer asked for more than its least: the peer may stay
    slow.bytes = 1_000_000
    const run = await start([slow])
    await run.clock.pass(1_500)
    expect(run.sync.progress().nodes).toBe(0)
    deliver[0]!() // the timed-out request
    await settle()
    expect(run.sync.progress().nodes).toBeGreaterThan(0)
    run.sync.cancel(new SyncError('cancelled', 'enough'))
    await finishSync(run)
  })

  test('behavior: a cancelled sync keeps what it verified, and the next one asks for the rest only', async () => {
    const first = await start([honestPeer(peerState)])
    while (first.sync.progress().nodes < oracle.nodes.size / 2) await settle()
    const { nodes } = first.sync.progress()
    first.sync.cancel(new SyncError('cancelled', 'enough'))
    await finishSync(first)
    expect(first.outcome).toMatchObject({ code: 'cancelled' })
    expect(first.clock.pending).toEqual([])
    expect(first.peers.listeners).toBe(0)

    const peer = honestPeer(peerState)
    const second = await finishSync(await start([peer], { store: first.store }))
    await expectEverything(second)
    const asked = peer.reports.reduce((sum, report) => sum + (report.kind === 'useful' ? report.bytes : 0), 0)
    const all = [...oracle.nodes.values()].reduce((sum, blob) => sum + blob.length, 0)
    expect(asked).toBeLessThan(all * (1 - nodes / oracle.nodes.size) + 20_000)
  })

  test('behavior: what a slow peer was asked for is asked of an idle one before its time is out', async () => {
    const slow = honestPeer(peerState, 'slow')
    const getNodes = slow.getNodes.bind(slow)
    slow.getNodes = async (root, requests, maxBytes, signal) =>
      slow.asked.length === 0 ? getNodes(root, requests, maxBytes, signal) : new Promise<never>(() => {})
    const quick = honestPeer(peerState, 'quick')
    const run = await start([slow, quick])
    for (let ms = 0; ms < 900; ms += 10) await run.clock.pass(10) // the timeout is a second
    await expectEverything(run)
    expect(kindsOf(slow)).not.toContain('timeout')
  })

  test('behavior: a code that arrives twice, from a slow peer and the idle one asked as well, counts once', async () => {
    const deliver: (() => void)[] = []
    const held = async (codes: Uint8Array[]) => {
      await new Promise<void>((resolve) => void deliver.push(resolve))
      return codes.length > 1 ? codes.slice(0, -1) : codes // the last one keeps the sync going
    }
    const peers = [bentPeer(peerState, { codes: held }, 'a'), bentPeer(peerState, { codes: held }, 'b')]
    const run = await start(peers)
    for (let ms = 0; ms < 900; ms += 10) await run.clock.pass(10) // the timeout is a second
    const requested = peers.flatMap((peer) => peer.asked.filter(([first]) => first instanceof Uint8Array))
    expect(requested.flat().length).toBeGreaterThan(state.codes.size)
    while (run.outcome === undefined) {
      for (const end of deliver.splice(0)) end()
      await run.clock.pass(10)
    }
    await expectEverything(run)
    expect(run.outcome).toMatchObject({ codes: state.codes.size })
    const nodeBytes = [...oracle.nodes.values()].reduce((sum, blob) => sum + blob.length, 0)
    const codeBytes = [...state.codes.values()].reduce((sum, code) => sum + code.length, 0)
    expect(run.outcome).toMatchObject({ bytes: nodeBytes + codeBytes })
  })

  test('behavior: nobody waits for one peer to send the first node of all', async () => {
    const [silent, honest] = [silentPeer(peerState), honestPeer(peerState)]
    const run = await start([silent, honest])
    while (run.sync.progress().nodes === 0) await settle()
    expect(run.clock.now()).toBe(0)
    run.sync.cancel(new SyncError('cancelled', 'enough'))
    await finishSync(run)
  })

  test('behavior: what little is left is shared by all, not asked of one', async () => {
    const peers = Array.from({ length: 4 }, (_, i) =>
      Object.assign(honestPeer(peerState, `${i}`), { bytes: 1_000_000 }),
    )
    await expectEverything(await finishSync(await start(peers)))
    const bytesOf = (peer: TestPeer) =>
      peer.reports.reduce((sum, report) => sum + (report.kind === 'useful' ? report.bytes : 0), 0)
    const all = [...oracle.nodes.values()].reduce((sum, blob) => sum + blob.length, 0)
    for (const peer of peers) expect(bytesOf(peer)).toBeLessThan(all * 0.6)
  })

  test('behavior: a timer that the browser held back punishes nobody', async () => {
    const silent = silentPeer(peerState)
    const run = await start([silent])
    await settle()
    run.clock.oversleep(60_000)
    await settle()
    expect(silent.reports).toEqual([])
    await run.clock.pass(1_000)
    expect(kindsOf(silent)).toEqual(new Set(['timeout']))
    run.sync.cancel(new SyncError('cancelled', 'enough'))
    await finishSync(run)
  })

  test.each([
    ['slept', (clock: Run['clock']) => clock.oversleep(60_000)],
    ['slept, and hears of it after the answer', (clock: Run['clock']) => clock.sleep(60_000)],
    ['had no network', (clock: Run['clock']) => Object.assign(clock, { isOnline: false })],
  ])('behavior: an answer that came while the machine %s is used, and measures nobody', async (_, leave) => {
    let answer = () => {}
    const asked = new Promise<void>((resolve) => {
      answer = resolve
    })
    const peer = bentPeer(peerState, {
      nodes: async (runs) => {
        await asked
        return runs
      },
    })
    const run = await start([peer])
    await settle()
    leave(run.clock)
    answer()
    await settle()
    expect(peer.reports[0]).toMatchObject({ kind: 'useful', elapsedMs: null })
    Object.assign(run.clock, { isOnline: true })
    await expectEverything(await finishSync(run))
  })

  test('behavior: a peer is asked only for what its Status says that it covers', async () => {
    const [lower, upper] = [honestPeer(peerState, 'lower'), honestPeer(peerState, 'upper')]
    lower.mayHave = (_?: Uint8Array, path?: Path) => path === undefined || path < '8'
    upper.mayHave = (_?: Uint8Array, path?: Path) => path === undefined || path === '' || path >= '8'
    await expectEverything(await finishSync(await start([lower, upper])))
    const paths = (peer: TestPeer) => peer.asked.flat().flatMap((asked) => ('path' in asked ? [asked.path] : []))
    expect(paths(lower).every((path) => path < '8')).toBe(true)
    expect(paths(upper).every((path) => path === '' || path >= '8')).toBe(true)
  })

  describe('a newer root', () => {
    let newer: RandomState
    let newOracle: Oracle
    let newPeer: () => TestPeer

    beforeAll(async () => {
      newer = mutatedState(seededRandom(8), state, 20)
      newOracle = await mptOracle(newer.accounts)
      newPeer = () => honestPeer({ sequence: sequenceOf(newOracle), codes: newer.codes }, 'new')
    })

    const changed = () => {
      const same = (path: Path, blob: Uint8Array) =>
        bytesToHex(oracle.nodes.get(path) ?? new Uint8Array()) === bytesToHex(blob)
      return [...newOracle.nodes].filter(([path, blob]) => !same(path, blob))
    }
    const bytesOf = (blobs: Uint8Array[]) => blobs.reduce((sum, blob) => sum + blob.length, 0)
    const expectNewState = async ({ store, outcome }: Run) => {
      expect(outcome).toMatchObject({ phase: 'complete' })
      const { root } = newOracle
      const all = await store.source().run(root, { path: '' as Path, hash: root }, 0, Number.MAX_SAFE_INTEGER)
      expect(bytesToHex(all)).toBe(
        sequenceOf(newOracle)
          .map(([, blob]) => bytesToHex(blob))
          .join(''),
      )
    }

    test('behavior: after a complete one, only what changed is fetched', async () => {
      const { store } = await finishSync(await start([honestPeer(peerState)]))
      const peer = newPeer()
      const run = await finishSync(await start([peer], { store, root: newOracle.root }))
      await expectNewState(run)
      expect(run.outcome).toMatchObject({ nodes: changed().length })
      const newCodes = [...newer.codes].filter(([hash]) => !state.codes.has(hash)).map(([, code]) => code)
      const needed = bytesOf(changed().map(([, blob]) => blob)) + bytesOf(newCodes)
      expect((run.outcome as SyncProgress).wireBytes).toBe(needed)
    })

    test('behavior: in the middle of one, what was received and belongs to it is not asked for again', async () => {
      const first = await start([honestPeer(peerState)])
      while (first.sync.progress().nodes < oracle.nodes.size / 2) await settle()
      const { bytes } = first.sync.progress()
      first.sync.cancel(new SyncError('superseded', 'a newer root'))
      await finishSync(first)
      const run = await finishSync(await start([newPeer()], { store: first.store, root: newOracle.root }))
      await expectNewState(run)
      const all = bytesOf([...newOracle.nodes.values()]) + bytesOf([...newer.codes.values()])
      const needed = bytesOf(changed().map(([, blob]) => blob))
      expect((run.outcome as SyncProgress).wireBytes).toBeLessThanOrEqual(all - bytes + needed)
    })

    test('behavior: a code that only the one before wanted, and nobody has, holds nothing up', async () => {
      const orphan = Uint8Array.of(0x60, 0x01)
      const [first, ...rest] = state.accounts
      const accounts = [{ ...first!, codeHash: nobleKeccak.digest(orphan) }, ...rest]
      const orphaned = await mptOracle(accounts)
      const withoutCode = honestPeer({ sequence: sequenceOf(orphaned), codes: state.codes })
      const before = await finishSync(await start([withoutCode], { root: orphaned.root }))
      expect(before.sync.progress()).toMatchObject({ phase: 'stalled', reason: 'noProgress', pending: 1 })
      before.sync.cancel(new SyncError('superseded', 'its block was orphaned'))
      await finishSync(before)
      const after = await finishSync(await start([newPeer()], { store: before.store, root: newOracle.root }))
      await expectNewState(after)
      expect(after.store.lastComplete()).toMatchObject({ root: newOracle.root, intact: true })
    })

    test('behavior: back to a root that was complete needs no peer, however far the newer one came', async () => {
      const { store } = await finishSync(await start([honestPeer(peerState)]))
      const cut = await start([newPeer()], { store, root: newOracle.root })
      await settle()
      cut.sync.cancel(new SyncError('superseded', 'back'))
      await finishSync(cut)
      expect(await finishSync(await start([], { store }))).toMatchObject({
        outcome: { phase: 'complete', wireBytes: 0 },
      })
    })
  })

  test('error: a root whose nodes cannot be is badRoot, and nobody is blamed', async () => {
    const blob = Uint8Array.from([0xc2, 0x80, 0x80])
    const root = nobleKeccak.digest(blob)
    const peer = honestPeer({ sequence: [['' as Path, blob]], codes: new Map() })
    const run = await finishSync(await start([peer], { root }))
    expect(run.outcome).toMatchObject({ code: 'badRoot', details: { path: '' } })
    expect(kindsOf(peer)).not.toContain('lie')
    expect(run.store.lastComplete()).toBeNull()
  })

  test('error: a disk that fails ends the sync with storeFailed', async () => {
    const store = createMemoryStore()
    const run = await start([honestPeer(peerState)], { store })
    await store.close()
    await finishSync(run)
    expect(run.outcome).toMatchObject({ code: 'storeFailed', cause: { code: 'databaseClosed' } })
  })
})

/**
 * The scenarios of geth's `core/state/sync_test.go`, by name, over the pure scheduler. Also the scenarios of
 * `trie/sync_test.go` that move from root to root, over the whole engine and its store.
 *
 * | of the original | here |
 * |---|---|
 * | `…ByPath` | every ref is a path and a hash, so this is the test without the suffix |
 * | TestSyncMovingTarget, TestPivotMove with plain values | values of a state are accounts and slots, so the moves are in accounts and their storage |
 * | TestSyncAbort, hash scheme | a root's node is stored with the others; the test withholds the last transaction instead |
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { pagesOf } from '../store/fixture.suite.ts'
import { createMemoryStore, type StateStore } from '../store/state-store.ts'
import type { AccountLeaf } from '../testing/build-state.ts'
import { type Fixture, stateFixture, testState } from '../testing/geth-fixtures.ts'
import { type IterateOptions, iterate, schedulerOf } from '../testing/iterate.ts'
import { mptOver } from '../testing/oracle.ts'
import { PageMap } from '../testing/page-map.ts'
import { honestPeer } from '../testing/peers.ts'
import { seededRandom } from '../testing/random.ts'
import { checkFrontier } from '../testing/simulator/frontier-check.ts'
import { complete } from '../testing/simulator/states.ts'
import { bytesOf, expectStored, finishSync, startSync } from '../testing/sync-harness.ts'
import { decodeAccount, EMPTY_CODE_HASH_HEX, EMPTY_ROOT, encodeSlot } from '../trie/account.ts'
import { keccak256, nobleKeccak } from '../trie/keccak.ts'
import type { SyncProgress } from './progress.ts'

const EVERYTHING = 10_000

/** `checkStateAccounts`: an independent reader finds every account on disk, with all of its storage and code. */
async function expectState(fixture: Fixture, disk: PageMap): Promise<{ accounts: number; slots: number }> {
  const blobs = disk.entries().map(([, blob]) => blob)
  const codes = new Map(disk.codes.map((code) => [code.hash, code.bytes]))
  const trie = await mptOver(fixture.root, blobs)
  let slots = 0
  for (const [key] of fixture.leaves) {
    const { storageRoot, codeHash } = decodeAccount((await trie.get(key))!)
    const storage = await mptOver(storageRoot, blobs)
    for (const _ of Object.keys((await storage.getValueMap()).values)) slots++
    if (bytesToHex(codeHash) !== EMPTY_CODE_HASH_HEX)
      expect(keccak256(codes.get(bytesToHex(codeHash))!)).toEqual(codeHash)
  }
  return { accounts: fixture.leaves.length, slots }
}

describe.each([
  ['without storage', false, 0],
  ['with storage', true, 100],
])('Scheduler: core/state/sync_test.go %s', (_, storage, slots) => {
  const fixture = testState(storage)

  test.each<[name: string, options: () => IterateOptions]>([
    ['TestIterativeStateSyncIndividual – one item a round', () => ({ batch: 1 })],
    ['TestIterativeStateSyncBatched – a hundred items a round', () => ({ batch: 100 })],
    ['TestIterativeStateSyncBatched – a hundred runs a round', () => ({ batch: 100, maxRun: 30 })],
    [
      'TestIterativeDelayedStateSync – half of each Missing is delivered per round',
      () => ({ batch: EVERYTHING, half: true }),
    ],
    [
      'TestIterativeRandomStateSyncIndividual – one item a round, in random order',
      () => ({ batch: 1, random: seededRandom(1) }),
    ],
    [
      'TestIterativeRandomStateSyncBatched – a hundred items a round, in random order',
      () => ({ batch: 100, random: seededRandom(2) }),
    ],
    [
      'TestIterativeRandomDelayedStateSync – half of each Missing, in random order',
      () => ({ batch: EVERYTHING, half: true, random: seededRandom(3) }),
    ],
  ])('behavior: %s', async (_, options) => {
    const disk = new PageMap()
    const { codes } = await iterate(fixture, disk, options())
    expect(await expectState(fixture, disk)).toEqual({ accounts: 96, slots })
    expect(disk.text()).toBe(fixture.nodes.map(({ path, blob }) => `${path} ${bytesToHex(blob)}`).join('\n'))
    expect(new Map(disk.codes.map(({ hash, bytes }) => [hash, bytes]))).toEqual(fixture.codes)
    expect(codes.length).toBe(32)
  })

  test.each([
    ['Individual', 1],
    ['Batched', 100],
  ])('behavior: TestIterativeStateSync%sFromDisk – a state is served from where it was synced to', async (_, batch) => {
    const { store } = await finishSync(await startSync(fixture.root, [honestPeer(fixture)]))
    const source = store.source()
    const disk = new PageMap()
    await iterate(fixture, disk, { batch, serve: (gap) => source.run(fixture.root, gap, 1, EVERYTHING) })
    expect(await expectState(fixture, disk)).toEqual({ accounts: 96, slots })
  })

  test('behavior: TestIncompleteStateSync – after every round, what is not on disk is at or below a gap', async () => {
    const state = { ...complete({ accounts: [], codes: new Map() }, nobleKeccak), ...fixture }
    const crashes: PageMap[] = []
    const disk = new PageMap()
    await iterate(fixture, disk, {
      batch: 1,
      onRound: (scheduler) => {
        checkFrontier(scheduler, state)
        checkFrontier(schedulerOf(fixture, disk), state)
        crashes.push(Object.assign(new PageMap(), { pages: [...disk.pages], codes: [...disk.codes] }))
      },
    })
    expect(crashes.length).toBeGreaterThan(fixture.nodes.length / 2)
    // A sync that begins again misses no code either: pages say which codes their accounts want.
    for (const crash of crashes) {
      await iterate(fixture, crash, { batch: EVERYTHING, maxRun: EVERYTHING })
      expect(crash.text()).toBe(disk.text())
      expect(new Set(crash.codes.map(({ hash }) => hash))).toEqual(new Set(fixture.codes.keys()))
    }
  })

  test('behavior: TestIncompleteStateSync – a node or a code that is deleted is missed, and only that one', async () => {
    const codes = [...fixture.codes].map(([hash, bytes]) => ({ hash, bytes }))
    const pages = pagesOf(fixture.nodes, 1)
    for (const page of pages) {
      const disk = new PageMap()
      disk.write(
        pages.filter((other) => other !== page),
        codes,
      )
      const asked = await iterate(fixture, disk, { batch: 10 })
      expect(asked.gaps.map((gap) => gap.path)).toEqual([page.start])
      expect(asked.codes).toEqual([])
    }
    for (const code of codes) {
      const disk = new PageMap()
      disk.write(
        pages,
        codes.filter((other) => other !== code),
      )
      const asked = await iterate(fixture, disk, { batch: 10 })
      expect(asked.gaps).toEqual([])
      expect(asked.codes.map(({ hashHex }) => hashHex)).toEqual([code.hash])
    }
  })
})

describe('StateSync: core/state/sync_test.go', () => {
  test('behavior: TestEmptyStateSync – an empty state is complete without a request', async () => {
    const peer = honestPeer(testState(true))
    const run = await finishSync(await startSync(EMPTY_ROOT, [peer]))
    expect(run.outcome).toMatchObject({ phase: 'complete', nodes: 0, codes: 0 })
    expect(peer.asked).toEqual([])
  })
})

describe('StateSync: trie/sync_test.go', () => {
  const account = (digits: string, slots: AccountLeaf['slots'] = [], nonce = 1n): AccountLeaf => {
    return { key: hexToBytes(digits.padEnd(64, '0')), nonce, balance: 0n, slots }
  }
  /** Brings `fixture` to `store`, and expects that only nodes missing from every fixture in `before` were fetched. */
  const move = async (store: StateStore, fixture: Fixture, before: readonly Fixture[]) => {
    const run = await finishSync(await startSync(fixture.root, [honestPeer(fixture)], { store }))
    const known = new Set(before.flatMap(({ nodes }) => nodes.map(({ path, blob }) => `${path} ${bytesToHex(blob)}`)))
    const changed = fixture.sequence.filter(([path, blob]) => !known.has(`${path} ${bytesToHex(blob)}`))
    // Nothing has changed: the generation is there already, and counts all nodes.
    await expectStored(run, fixture, changed.length || fixture.sequence.length)
    return {
      wireBytes: (run.outcome as SyncProgress).wireBytes,
      changed: bytesOf({ sequence: changed, codes: new Map() }),
    }
  }

  test('behavior: TestSyncMovingTarget – the contents are right after each move, and only what differs is fetched', async () => {
    const store = createMemoryStore()
    const accounts = Array.from({ length: 60 }, (_, i) => account(bytesToHex(keccak256(Uint8Array.of(i)))))
    const first = stateFixture(accounts)
    const mutated = stateFixture(accounts.map((each, i) => (i % 7 === 0 ? { ...each, nonce: 2n } : each)).slice(0, 55))
    await move(store, first, [])
    const there = await move(store, mutated, [first])
    expect(there.wireBytes).toBe(there.changed)
    // The earlier state is still there.
    const back = await finishSync(await startSync(first.root, [], { store }))
    await expectStored(back, first)
    expect(back.outcome).toMatchObject({ wireBytes: 0 })
  })

  test.each([
    ['tiny values', (i: number) => encodeSlot(BigInt(0x01020300 + i))],
    ['32-byte values', (i: number) => encodeSlot(2n ** 255n + BigInt(i))],
  ])('behavior: TestPivotMove – tries collapse and expand from root to root, %s', async (_, value) => {
    const slot = (digits: string, i: number) => [hexToBytes(digits.padEnd(64, '0')), value(i)] as const
    const state = (slots: AccountLeaf['slots'], ...others: AccountLeaf[]) => {
      return stateFixture([account('1234', slots), ...others])
    }
    const fixtures = [
      // An extension over a branch, in storage and among accounts.
      state([slot('1312', 1), slot('1314', 2)], account('1235'), account('1244')),
      // The branches collapse to one leaf each.
      state([slot('1314', 2)]),
      // The branches expand elsewhere, deeper and higher.
      state([slot('13141', 3), slot('13142', 4), slot('2', 5)], account('12341'), account('f')),
      // Storage goes, the account stays.
      state([], account('12341'), account('f')),
      // Everything is as in the beginning.
      state([slot('1312', 1), slot('1314', 2)], account('1235'), account('1244')),
    ]
    const store = createMemoryStore()
    // The last fixture is the first again: its generation is complete, and counts all nodes.
    for (const [i, fixture] of fixtures.slice(0, -1).entries()) await move(store, fixture, fixtures.slice(0, i))
    await expectStored(await finishSync(await startSync(fixtures[0]!.root, [], { store })), fixtures[0]!)
    // From each fixture to each other one, in a store that knows only the first.
    for (const from of fixtures) {
      for (const to of fixtures) {
        const fresh = createMemoryStore()
        await move(fresh, from, [])
        const { wireBytes, changed } = await move(fresh, to, [from])
        expect(wireBytes).toBe(changed)
      }
    }
  })

  test('behavior: TestSyncAbort – a sync whose last transaction never came harms neither the state before nor the one after', async () => {
    const store = createMemoryStore()
    const accounts = Array.from({ length: 40 }, (_, i) => account(bytesToHex(keccak256(Uint8Array.of(i)))))
    const [a, b, c] = [1n, 2n, 3n].map((nonce) =>
      stateFixture(accounts.map((each, i) => (i < 20 ? { ...each, nonce: each.nonce + nonce } : each))),
    ) as [Fixture, Fixture, Fixture]
    await move(store, a, [])
    const abort = new Error('the tab has gone')
    const cut = await startSync(b.root, [honestPeer(b)], {
      store,
      bendDisk: (disk) => ({
        contents: () => disk.contents(),
        node: (path, hash) => disk.node(path, hash),
        older: (ref) => disk.older(ref),
        baseNode: (ref) => disk.baseNode(ref),
        commit: (pages, codes) => disk.commit(pages, codes),
        dropStrayCodes: () => disk.dropStrayCodes(),
        keepLoose: (sequences) => disk.keepLoose(sequences),
        complete: () => Promise.reject(abort),
      }),
    })
    expect((await finishSync(cut)).outcome).toMatchObject({ code: 'storeFailed', cause: abort })
    expect(store.lastComplete()).toMatchObject({ root: a.root, intact: true })
    await move(store, c, [a, b])
    // Only the last transaction was missing: the new generation holds just the root's node.
    const again = await finishSync(await startSync(b.root, [], { store }))
    await expectStored(again, b, 1)
  })
})

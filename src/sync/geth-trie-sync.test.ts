/**
 * The scenarios of geth's `trie/sync_test.go`, by name, over the pure scheduler.
 *
 * | of the original | here |
 * |---|---|
 * | `…ByPath` | every ref is a path and a hash, so this is the test without the suffix |
 * | TestEmptyTrieSync's trie of the zero hash | is the empty trie there as well: its root is the empty root |
 * | TestIncompleteTrieSync, "a stored node's subtree is stored" | pages say which paths they cover instead: every other path is at or below a gap |
 * | TestSyncMovingTarget, TestPivotMove, TestSyncAbort | move whole targets, store included: `geth-state-sync.test.ts` |
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { type Fixture, rawKey, stateFixture, testTrie, twinStorage } from '../testing/geth-fixtures.ts'
import { type IterateOptions, iterate, schedulerOf } from '../testing/iterate.ts'
import { mptOver, runAt } from '../testing/oracle.ts'
import { covered, PageMap, textOf } from '../testing/page-map.ts'
import { seededRandom } from '../testing/random.ts'
import { checkFrontier } from '../testing/simulator/frontier-check.ts'
import { complete } from '../testing/simulator/states.ts'
import { EMPTY_ROOT, encodeSlot } from '../trie/account.ts'
import { keccak256, nobleKeccak } from '../trie/keccak.ts'
import { END, type Path, pathOfKey } from '../trie/path.ts'
import { SequenceWriter } from '../trie/sequence.ts'
import { deliveryOf } from './delivery.ts'
import { noCounts } from './frontier.ts'

const EVERYTHING = 10_000

/** `checkTrieContents`: an independent reader finds every key on disk, and walks the whole trie. */
async function expectContents({ root, nodes, leaves }: Fixture, disk: PageMap): Promise<void> {
  const trie = await mptOver(
    root,
    disk.entries().map(([, blob]) => blob),
  )
  for (const [key, value] of leaves) expect(await trie.get(key)).toEqual(value)
  let walked = 0
  await trie.walkTrie(root, async (_, node, key, controller) => {
    if (node === null) return
    walked += node.serialize().length >= 32 || key.length === 0 ? 1 : 0
    controller.allChildren(node, key)
  })
  expect(walked).toBe(nodes.length)
}

/** Returns the input for checking the invariant. */
const toCheck = (fixture: Fixture) => ({ ...complete({ accounts: [], codes: new Map() }, nobleKeccak), ...fixture })

describe.each([
  ['raw keys', rawKey],
  ['keccak keys', keccak256],
])('Scheduler: trie/sync_test.go with %s', (_, keyOf) => {
  const fixture = testTrie(keyOf)

  test.each<[name: string, options: () => IterateOptions]>([
    ['TestIterativeTrieSyncIndividual – one node a round', () => ({ batch: 1 })],
    ['TestIterativeTrieSyncBatched – a hundred nodes a round', () => ({ batch: 100 })],
    ['TestIterativeTrieSyncBatched – a hundred runs a round', () => ({ batch: 100, maxRun: 20 })],
    [
      'TestIterativeDelayedTrieSync – half of each Missing is delivered per round',
      () => ({ batch: EVERYTHING, half: true }),
    ],
    [
      'TestIterativeRandomTrieSyncIndividual – one node a round, in random order',
      () => ({ batch: 1, random: seededRandom(1) }),
    ],
    [
      'TestIterativeRandomTrieSyncBatched – a hundred nodes a round, in random order',
      () => ({ batch: 100, random: seededRandom(2) }),
    ],
    [
      'TestIterativeRandomDelayedTrieSync – half of each Missing, in random order',
      () => ({ batch: EVERYTHING, half: true, random: seededRandom(3) }),
    ],
  ])('behavior: %s', async (_, options) => {
    const disk = new PageMap()
    const { counts } = await iterate(fixture, disk, options())
    expect(counts).toMatchObject({ nodes: fixture.nodes.length, accounts: 3060 })
    await expectContents(fixture, disk)
  })

  test('behavior: TestDuplicateAvoidanceTrieSync – no path is handed out twice', async () => {
    // DIFF FROM GETH: nodes are kept by path, so the twins of a plain trie are fetched at each of their paths.
    for (const half of [false, true]) {
      const { gaps } = await iterate(fixture, new PageMap(), { batch: EVERYTHING, half, random: seededRandom(4) })
      expect(new Set(gaps.map((gap) => gap.path)).size).toBe(gaps.length)
    }
  })

  test('behavior: TestSyncOrdering – with Missing(1), the paths ascend', async () => {
    const { gaps } = await iterate(fixture, new PageMap(), { batch: 1 })
    const paths = gaps.map((gap) => gap.path)
    expect(paths).toEqual(fixture.nodes.map((node) => node.path))
    expect(paths).toEqual(paths.toSorted())
  })
})

describe('Scheduler: trie/sync_test.go', () => {
  test('behavior: TestEmptyTrieSync – nothing is missing of an empty trie', () => {
    const nothing = { root: EMPTY_ROOT, leaf: undefined, nodes: [], leaves: [], sequence: [], codes: new Map() }
    const scheduler = schedulerOf(nothing, new PageMap())
    expect(scheduler.pending).toBe(0)
    expect(scheduler.missing(Number.POSITIVE_INFINITY, 1)).toEqual([])
  })

  test('behavior: TestDuplicateAvoidanceTrieSync – in a storage trie, no hash is handed out twice', async () => {
    const twins = twinStorage()
    for (const options of [{ batch: 1 }, { batch: EVERYTHING }, { batch: EVERYTHING, half: true }]) {
      const disk = new PageMap()
      const { gaps } = await iterate(twins, disk, { ...options, random: seededRandom(5) })
      const hashes = gaps.map((gap) => bytesToHex(gap.hash))
      expect(new Set(hashes).size).toBe(hashes.length)
      // Each node is still stored at every one of its paths.
      expect(hashes.length).toBeLessThan(twins.nodes.length)
      expect(disk.text()).toBe(textOf(twins.sequence))
    }
  })

  test('behavior: TestDuplicateAvoidanceTrieSync – a twin that stands on disk is left to the disk', async () => {
    const slots = Array.from(
      { length: 20 },
      (_, i) => [keccak256(Uint8Array.of(i)), encodeSlot(BigInt(i + 1))] as const,
    )
    slots.sort(([a], [b]) => (bytesToHex(a) < bytesToHex(b) ? -1 : 1))
    const [a, b] = [pathOfKey(new Uint8Array(32).fill(0x11)), pathOfKey(new Uint8Array(32).fill(0x22))]
    const twins = stateFixture([a, b].map((key) => ({ key: hexToBytes(key), nonce: 0n, balance: 0n, slots })))
    const disk = new PageMap()
    disk.pages = pageEach(twins).pages.filter((page) => page.start === b)
    const scheduler = schedulerOf(twins, disk)
    const take = (path: string, maxNodes: number) =>
      scheduler.process(
        deliveryOf(scheduler.gaps.get(path as Path)!, Buffer.concat(runAt(twins.sequence, path as Path, maxNodes))),
      )
    take('', 1)
    take('2', 1) // the second account; the root of its storage waits for the disk
    take('1', EVERYTHING) // the first account, with a storage trie equal to the second one's
    expect(scheduler.unresolved(EVERYTHING).map((gap) => gap.path)).toEqual([b])
    scheduler.resolve(scheduler.gaps.get(b)!, covered(disk.find(b)!))
    disk.write(scheduler.commit(), [])
    await iterate(twins, disk, { batch: EVERYTHING })
    expect(disk.text()).toBe(textOf(twins.sequence))
  })

  test.each([
    ['in order', undefined],
    ['in random order', 6],
  ])(
    'behavior: TestIncompleteTrieSync – after every node, %s, what is not on disk is at or below a gap',
    async (_, seed) => {
      const fixture = testTrie(rawKey)
      const state = toCheck(fixture)
      const disk = new PageMap()
      let rounds = 0
      await iterate(fixture, disk, {
        batch: seed === undefined ? 1 : 5,
        half: true,
        ...(seed === undefined ? {} : { random: seededRandom(seed) }),
        onRound: (scheduler) => {
          rounds++
          checkFrontier(scheduler, state)
          // The same holds for a new scheduler over the current disk.
          checkFrontier(schedulerOf(fixture, disk), state)
        },
      })
      expect(rounds).toBeGreaterThan(20)
    },
  )

  test('behavior: TestIncompleteTrieSync – a node that is deleted is missed, and only that one', async () => {
    const fixture = testTrie(rawKey)
    const disk = pageEach(fixture)
    const whole = disk.text()
    for (const node of fixture.nodes) {
      const hurt = new PageMap()
      hurt.pages = disk.pages.filter((page) => page.start !== node.path)
      const { gaps } = await iterate(fixture, hurt, { batch: 10 })
      expect(gaps.map((gap) => gap.path)).toEqual([node.path])
      expect(hurt.text()).toBe(whole)
    }
  })
})

/** Returns everything on disk, with one page per node. */
function pageEach({ nodes }: Fixture): PageMap {
  const disk = new PageMap()
  disk.pages = nodes.map(({ path, blob }, i) => {
    const writer = new SequenceWriter()
    writer.append(path, blob)
    const counts = { ...noCounts(), nodes: 1, bytes: blob.length }
    return { start: path, end: nodes[i + 1]?.path ?? END, bytes: writer.take(), counts, codes: [] }
  })
  return disk
}

import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { type AccountLeaf, type BuiltTrie, buildState } from '../testing/build-state.ts'
import { runAt } from '../testing/oracle.ts'
import { covered, NOTHING } from '../testing/page-map.ts'
import { seededRandom } from '../testing/random.ts'
import { randomState } from '../testing/random-state.ts'
import { encodeSlot } from '../trie/account.ts'
import { keccak256, nobleKeccak } from '../trie/keccak.ts'
import { scanAccount } from '../trie/leaf.ts'
import { KEY_NIBBLES, type Path } from '../trie/path.ts'
import { SequenceCursor } from '../trie/sequence.ts'
import { deliveryOf } from './delivery.ts'
import type { Contents } from './disk.ts'
import { Scheduler } from './scheduler.ts'

const state = randomState(seededRandom(5), 80)
const trie = buildState(state.accounts)
const all = Number.POSITIVE_INFINITY

const begin = ({ root }: BuiltTrie, contents: Contents = NOTHING) =>
  new Scheduler({ root, keccak: nobleKeccak, contents, leaf: scanAccount })
const run = ({ nodes }: BuiltTrie, path: Path, maxNodes: number) =>
  Uint8Array.from(
    Buffer.concat(
      runAt(
        nodes.map((node) => [node.path, node.blob] as const),
        path,
        maxNodes,
      ),
    ),
  )

describe('Scheduler.process', () => {
  test('error: a node behind the end of the subtree is a lie, and what stands before it is kept', () => {
    const scheduler = begin(trie)
    const [root] = scheduler.missing(all, 1)
    const whole = run(trie, root!.path, all)
    const delivery = deliveryOf(root!, Uint8Array.of(...whole, ...trie.nodes.at(-1)!.blob))
    while (scheduler.process(delivery));
    expect(delivery.lie).toBe('tooMuch')
    expect(scheduler.counts.nodes).toBe(trie.nodes.length)
  })

  test('behavior: a run that ends with its subtree is no lie', () => {
    const scheduler = begin(trie)
    const delivery = deliveryOf(scheduler.missing(all, 1)[0]!, run(trie, '' as Path, all))
    expect(scheduler.process(delivery)).toBe(false)
    expect(delivery.lie).toBeNull()
  })

  test('behavior: a long run does not take again what pages hold', () => {
    const whole = begin(trie)
    whole.process(deliveryOf(whole.missing(all, 1)[0]!, run(trie, '' as Path, all)))
    const paths = trie.nodes.map(({ path }) => path)
    const stretch = { start: paths[40]!, end: paths[90]! }
    const scheduler = begin(trie, { ...NOTHING, stretches: [stretch] })
    const onDisk = new Map(trie.nodes.map(({ path, blob }) => [path, blob]))
    while (scheduler.pending > scheduler.codes.pending) {
      for (const gap of scheduler.unresolved(10)) scheduler.resolve(gap, covered(onDisk.get(gap.path)!))
      const gaps = scheduler.missing(all, 1)
      for (const gap of gaps) scheduler.process(deliveryOf(gap, run(trie, gap.path, all)))
      scheduler.release(gaps)
    }
    const taken = scheduler.commit().flatMap(({ bytes }) => pathsOf(bytes))
    expect(taken).toEqual(paths.filter((path) => path < stretch.start || path >= stretch.end))
  })
})

describe('Scheduler.missing', () => {
  test('behavior: equal storage tries are asked for once while they are open together', () => {
    const slots = Array.from(
      { length: 40 },
      (_, i) => [keccak256(Uint8Array.of(i)), encodeSlot(BigInt(i + 1))] as const,
    )
    slots.sort(([a], [b]) => (bytesToHex(a) < bytesToHex(b) ? -1 : 1))
    const keys = ['11', '22', '33'].map((digits) => Uint8Array.from(Buffer.from(digits.repeat(32), 'hex')))
    const accounts = keys.map((key): AccountLeaf => ({ key, nonce: 1n, balance: 1n, slots }))
    const twins = buildState(accounts)
    const scheduler = begin(twins)
    const asked: Path[] = []
    while (scheduler.pending > 0) {
      const gaps = scheduler.missing(all, 100)
      asked.push(...gaps.map(({ path }) => path))
      for (const gap of gaps) scheduler.process(deliveryOf(gap, run(twins, gap.path, 1)))
      scheduler.release(gaps)
    }
    const inStorage = asked.filter((path) => path.length >= KEY_NIBBLES)
    const ofOne = twins.nodes.filter(({ path }) => path.startsWith('11'.repeat(32)))
    expect(inStorage.length).toBe(ofOne.length)
    expect(scheduler.counts.slots).toBe(3 * slots.length)
  })
})

describe('Scheduler.commit', () => {
  test('behavior: a page names the codes that its accounts want', () => {
    const scheduler = begin(trie)
    scheduler.process(deliveryOf(scheduler.missing(all, 1)[0]!, run(trie, '' as Path, all)))
    expect(new Set(scheduler.commit().flatMap(({ codes }) => codes))).toEqual(new Set(state.codes.keys()))
  })
})

function pathsOf(bytes: Uint8Array): Path[] {
  const cursor = new SequenceCursor(bytes)
  const paths: Path[] = []
  while (cursor.next()) paths.push(cursor.path)
  return paths
}

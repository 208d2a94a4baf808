import { describe, expect, test } from 'vitest'
import { buildState } from '../testing/build-state.ts'
import { NOTHING } from '../testing/page-map.ts'
import { seededRandom } from '../testing/random.ts'
import { randomState } from '../testing/random-state.ts'
import { nobleKeccak } from '../trie/keccak.ts'
import { scanAccount } from '../trie/leaf.ts'
import { ROOT_PATH } from '../trie/path.ts'
import { MAX_RESOLVES } from './constants.ts'
import { deliveryOf } from './delivery.ts'
import type { Disk } from './disk.ts'
import { DiskReads } from './disk-reads.ts'
import { Scheduler } from './scheduler.ts'

const trie = buildState(randomState(seededRandom(7), 400).accounts)
const [top] = trie.nodes
const ref = { path: ROOT_PATH, hash: trie.root }

/** Returns a scheduler and a disk with manual answers. Every ref of the scheduler may be in an older generation. */
function setUp() {
  const contents = { ...NOTHING, hasOlder: true }
  const scheduler = new Scheduler({ root: trie.root, keccak: nobleKeccak, contents, leaf: scanAccount })
  const open: (() => void)[] = []
  let most = 0
  const older = () =>
    new Promise((resolve) => {
      open.push(() => resolve({ found: 'nothing', isTouched: true }))
      most = Math.max(most, open.length)
    })
  const reads = new DiskReads({
    disk: { older } as unknown as Disk,
    leaf: scanAccount,
    onChange: () => reads.start(scheduler),
    onDamaged: () => expect.unreachable(),
    onError: (error) => expect.unreachable(String(error)),
  })
  return { scheduler, reads, open, most: () => most }
}

describe('DiskReads', () => {
  test('default: so many reads at once and no more, however often it is asked to go on', async () => {
    const { scheduler, reads, open, most } = setUp()
    reads.start(scheduler)
    // The children of each new node are refs that the disk may have.
    for (let at = 0, isOver = false; !isOver; ) {
      for (let i = 0; i < 3; i++) reads.start(scheduler)
      for (const answer of open.splice(0, 1 + (at % 5))) answer()
      await new Promise(setImmediate)
      const gaps = scheduler.missing(Number.POSITIVE_INFINITY, 64)
      for (const gap of gaps) {
        const node = trie.nodes.find(({ path }) => path === gap.path)!
        scheduler.process(deliveryOf(gap, node.blob))
      }
      scheduler.release(gaps)
      reads.start(scheduler)
      at++
      isOver = open.length === 0 && gaps.length === 0
    }
    expect(scheduler.counts.nodes).toBe(trie.nodes.length)
    expect(most()).toBe(MAX_RESOLVES)
  })
})

describe('a limit of nothing', () => {
  test('behavior: hands out nothing, of refs to read, of gaps and of codes', () => {
    const { scheduler } = setUp()
    expect(scheduler.unresolved(0)).toEqual([])
    expect(scheduler.unresolved(1)).toHaveLength(1)
    const plain = new Scheduler({ root: trie.root, keccak: nobleKeccak, contents: NOTHING, leaf: scanAccount })
    expect(plain.missing(Number.POSITIVE_INFINITY, 0)).toEqual([])
    plain.process(deliveryOf(ref, top!.blob))
    expect(plain.missing(Number.POSITIVE_INFINITY, 0)).toEqual([])
    expect(plain.missing(Number.POSITIVE_INFINITY, 2)).toHaveLength(2)
    const wanted = { ...NOTHING, wanted: ['11'.repeat(32), '22'.repeat(32)] }
    const { codes } = new Scheduler({ root: trie.root, keccak: nobleKeccak, contents: wanted, leaf: scanAccount })
    expect(codes.missing(0, () => true)).toEqual([])
    expect(codes.missing(1, () => true)).toHaveLength(1)
  })
})

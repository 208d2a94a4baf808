/** The writes of a sync: one at a time, whatever starts them. */
import { describe, expect, test } from 'vitest'
import { settle } from '../testing/manual-clock.ts'
import { mptOracle, runAt, sequenceOf } from '../testing/oracle.ts'
import { NOTHING } from '../testing/page-map.ts'
import { seededRandom } from '../testing/random.ts'
import { randomState } from '../testing/random-state.ts'
import { nobleKeccak } from '../trie/keccak.ts'
import { scanAccount } from '../trie/leaf.ts'
import { Committer } from './committer.ts'
import { deliveryOf } from './delivery.ts'
import type { Disk } from './disk.ts'
import { Scheduler } from './scheduler.ts'

/** A disk whose writes last until the test lets them end. Counts the writes running at the same time. */
function slowDisk() {
  const ends: (() => void)[] = []
  const writes: string[] = []
  let running = 0
  let mostAtOnce = 0
  const write = (kind: string) => async () => {
    writes.push(kind)
    mostAtOnce = Math.max(mostAtOnce, ++running)
    await new Promise<void>((resolve) => void ends.push(resolve))
    running--
  }
  const disk = { commit: write('commit'), keepLoose: write('keepLoose') } as unknown as Disk
  const finish = async () => {
    for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
      end()
      await settle()
    }
  }
  return { disk, writes, finish, mostAtOnce: () => mostAtOnce }
}

/** A scheduler with verified nodes for pages and for loose pages. */
async function startedScheduler(): Promise<Scheduler> {
  const oracle = await mptOracle(randomState(seededRandom(3), 200).accounts)
  const options = { root: oracle.root, keccak: nobleKeccak, leaf: scanAccount, contents: NOTHING, pageBytes: 4096 }
  const scheduler = new Scheduler(options)
  const [root] = scheduler.missing(1, 1)
  scheduler.process(deliveryOf(root!, Buffer.concat(runAt(sequenceOf(oracle), root!.path, 300))))
  return scheduler
}

describe('Committer', () => {
  test.each([
    ['the timer of the loose pages', (committer: Committer, scheduler: Scheduler) => committer.startLoose(scheduler)],
    ['a step of the loop', (committer: Committer, scheduler: Scheduler) => committer.start(scheduler)],
    ['a try on a full disk', (committer: Committer, scheduler: Scheduler) => committer.startAll(scheduler)],
    ['another flush', (committer: Committer, scheduler: Scheduler) => void committer.flush(scheduler)],
  ])('behavior: one write at a time, also when %s comes while everything is flushed', async (_, start) => {
    const scheduler = await startedScheduler()
    const { disk, writes, finish, mostAtOnce } = slowDisk()
    const committer = new Committer(disk, () => {})
    const flushed = committer.flush(scheduler)
    await settle()
    start(committer, scheduler)
    await settle()
    expect(writes).toEqual(['commit'])
    start(committer, scheduler)
    await finish()
    await flushed
    expect(mostAtOnce()).toBe(1)
    expect(writes).toContain('keepLoose')
  })

  test('behavior: a flush waits for the write under way, and for every write begun before its turn', async () => {
    const scheduler = await startedScheduler()
    const { disk, finish, mostAtOnce } = slowDisk()
    const committer: Committer = new Committer(disk, () => committer.startLoose(scheduler))
    committer.start(scheduler)
    const flushed = committer.flush(scheduler)
    await settle()
    await finish()
    await flushed
    expect(mostAtOnce()).toBe(1)
  })

  test('error: a failed flush rejects, and the next write takes its data again', async () => {
    const scheduler = await startedScheduler()
    const tried: number[] = []
    const settled: unknown[] = []
    const commit = async (pages: readonly unknown[]) => {
      tried.push(pages.length)
      if (tried.length === 1) throw new Error('no room')
    }
    const committer = new Committer({ commit, keepLoose: async () => {} } as unknown as Disk, (e) => settled.push(e))
    await expect(committer.flush(scheduler)).rejects.toThrow('no room')
    expect(settled).toEqual([])
    committer.start(scheduler)
    await settle()
    expect(tried).toEqual([tried[0], tried[0]])
    expect(committer.pages).toEqual([])
  })
})

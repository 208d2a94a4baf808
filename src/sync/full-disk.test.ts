/** The loop of a sync with a full disk, at a commit, at the loose pages or at the end; and all ways out of the pause. */
import { beforeAll, describe, expect, test } from 'vitest'
import { StoreError } from '../store/errors.ts'
import { createMemoryStore } from '../store/state-store.ts'
import { settle } from '../testing/manual-clock.ts'
import { mptOracle, type Oracle, sequenceOf } from '../testing/oracle.ts'
import { honestPeer, type PeerState, type TestPeer } from '../testing/peers.ts'
import { seededRandom } from '../testing/random.ts'
import { randomState } from '../testing/random-state.ts'
import { bytesOf, expectStored, finishSync, kindsOf, type Run, startSync } from '../testing/sync-harness.ts'
import { FIRST_ROOM_RETRY_MS, LOOSE_INTERVAL_MS, MAX_IN_FLIGHT_BYTES } from './constants.ts'
import type { Disk } from './disk.ts'
import { SyncError } from './errors.ts'
import type { SyncProgress } from './progress.ts'

let oracle: Oracle
let peerState: PeerState

beforeAll(async () => {
  const state = randomState(seededRandom(7), 300)
  oracle = await mptOracle(state.accounts)
  peerState = { sequence: sequenceOf(oracle), codes: state.codes }
})

type Write = 'commit' | 'keepLoose' | 'complete'

/** A disk with or without room: for all writes, or for some. */
class FullDisk {
  /** The writes that do not fit. */
  refuses: readonly Write[] = []
  /** Every write tried, and whether the write fitted. */
  readonly writes: { readonly write: Write; readonly fits: boolean }[] = []

  readonly bend = (disk: Disk): Disk => ({
    contents: () => disk.contents(),
    node: (path, hash) => disk.node(path, hash),
    older: (ref) => disk.older(ref),
    baseNode: (ref) => disk.baseNode(ref),
    commit: (pages, codes) => this.#try('commit', () => disk.commit(pages, codes)),
    dropStrayCodes: () => disk.dropStrayCodes(),
    keepLoose: (sequences) => this.#try('keepLoose', () => disk.keepLoose(sequences)),
    complete: () => this.#try('complete', () => disk.complete()),
  })

  async #try(write: Write, act: () => Promise<void>): Promise<void> {
    const fits = !this.refuses.includes(write)
    this.writes.push({ write, fits })
    if (!fits) throw new StoreError('quotaExceeded', 'the browser grants no more storage')
    await act()
  }
}

const ALL: readonly Write[] = ['commit', 'keepLoose', 'complete']

async function startOn(disk: FullDisk, peer: TestPeer = honestPeer(peerState)): Promise<Run> {
  return startSync(oracle.root, [peer], { bendDisk: disk.bend })
}

/** Runs everything that takes no time, until the sync is paused. */
async function untilPaused(run: Run): Promise<void> {
  for (let round = 0; round < 1_000 && run.sync.progress().phase !== 'paused'; round++) await settle()
  expect(run.sync.progress()).toMatchObject({ phase: 'paused', reason: 'storageFull' })
  await settle() // open requests are answered, and the numbers are reported
}

const askedOf = (peer: TestPeer) => peer.asked.length
const expectEverything = (run: Run) => expectStored(run, { ...peerState, root: oracle.root })

/** Expects that everything crossed the wire once: no verified data was lost. */
const expectFetchedOnce = ({ outcome }: Run) =>
  expect((outcome as SyncProgress).wireBytes).toBeLessThanOrEqual(bytesOf(peerState))

describe('StateSync on a full disk', () => {
  test('default: it is paused, says so once with the numbers, and goes on by itself when there is room', async () => {
    const disk = new FullDisk()
    disk.refuses = ALL
    const run = await startOn(disk)
    await untilPaused(run)
    expect(run.pauses).toMatchObject([
      { code: 'quotaExceeded', details: { usage: 900, quota: 1000 }, cause: { code: 'quotaExceeded' } },
    ])
    expect(run.stalls).toEqual([])
    await run.clock.pass(10 * FIRST_ROOM_RETRY_MS)
    expect(run.pauses).toHaveLength(1)
    disk.refuses = []
    await expectEverything(await finishSync(run))
    expect(run.outcome).toMatchObject({ phase: 'complete', reason: null })
    expectFetchedOnce(run)
  })

  test.each(ALL)(
    'behavior: %s that does not fit is tried again until it does, and nothing is fetched twice',
    async (write) => {
      const disk = new FullDisk()
      disk.refuses = [write]
      // A peer with one answer only leaves loose pages to be written.
      const peer = honestPeer(peerState)
      const getNodes = peer.getNodes.bind(peer)
      let isSlow = write === 'keepLoose'
      peer.report = () => {}
      peer.getNodes = async (...request) => {
        const answer = await getNodes(...request)
        if (isSlow && peer.asked.length > 1) return new Promise<never>(() => {})
        return answer
      }
      const run = await startOn(disk, peer)
      if (write === 'keepLoose') await run.clock.pass(LOOSE_INTERVAL_MS)
      isSlow = false
      await untilPaused(run)
      const refused = () => disk.writes.filter(({ fits }) => !fits).length
      const before = refused()
      await run.clock.pass(FIRST_ROOM_RETRY_MS)
      expect(refused()).toBe(before + 1)
      expect(disk.writes.filter(({ fits }) => !fits).every((tried) => tried.write === write)).toBe(true)
      disk.refuses = []
      await expectEverything(await finishSync(run))
      expectFetchedOnce(run)
    },
  )

  test('behavior: resume in the middle of a try that fails makes another one at once', async () => {
    const disk = new FullDisk()
    disk.refuses = ALL
    let endTry = () => {}
    let isSlow = false
    const bendDisk = (inner: Disk): Disk => {
      const bent = disk.bend(inner)
      return {
        ...bent,
        commit: async (pages, codes) => {
          if (!isSlow) return bent.commit(pages, codes)
          isSlow = false
          await new Promise<void>((resolve) => {
            endTry = resolve
          })
          throw new StoreError('quotaExceeded', 'the browser granted no more storage when it began')
        },
      }
    }
    const run = await startSync(oracle.root, [honestPeer(peerState)], { bendDisk })
    await untilPaused(run)
    isSlow = true
    run.sync.resume()
    await settle()
    expect(isSlow).toBe(false)
    disk.refuses = []
    run.sync.resume()
    await settle()
    endTry()
    for (let round = 0; round < 100; round++) await settle()
    await expectEverything(run)
  })

  test('behavior: nodes kept while the sync finishes are no second write, and hold nothing up', async () => {
    const disk = new FullDisk()
    disk.refuses = ['complete']
    let running = 0
    let mostAtOnce = 0
    const counted = async (write: () => Promise<void>) => {
      mostAtOnce = Math.max(mostAtOnce, ++running)
      await Promise.resolve()
      run.sync.keep() // the tab is hidden just now
      await write().finally(() => running--)
    }
    const bendDisk = (inner: Disk): Disk => {
      const bent = disk.bend(inner)
      return {
        ...bent,
        commit: (pages, codes) => counted(() => bent.commit(pages, codes)),
        keepLoose: (sequences) => counted(() => bent.keepLoose(sequences)),
      }
    }
    const run = await startSync(oracle.root, [honestPeer(peerState)], { bendDisk })
    await untilPaused(run)
    expect(mostAtOnce).toBe(1)
    disk.refuses = []
    await expectEverything(await finishSync(run))
  })

  test('behavior: while it is paused it asks for nothing, and holds no more than what was on its way', async () => {
    const disk = new FullDisk()
    disk.refuses = ALL
    const peer = Object.assign(honestPeer(peerState), { bytes: 2_000 })
    const run = await startOn(disk, peer)
    await untilPaused(run)
    const asked = askedOf(peer)
    const held = run.sync.progress().bytes
    await run.clock.pass(300_000)
    expect(askedOf(peer)).toBe(asked)
    expect(run.sync.progress().bytes).toBe(held)
    expect(held).toBeLessThan(MAX_IN_FLIGHT_BYTES)
    run.sync.cancel(new SyncError('cancelled', 'enough'))
    await finishSync(run)
  })

  test('behavior: what arrives during the pause is verified, and a lie is blamed at once', async () => {
    const disk = new FullDisk()
    disk.refuses = ALL
    const late = honestPeer(peerState, 'late')
    let deliver = () => {}
    const getNodes = late.getNodes.bind(late)
    late.getNodes = async (...request) => {
      const answer = await getNodes(...request)
      await new Promise<void>((resolve) => {
        deliver = resolve
      })
      return answer.map((run) => run.map((byte, at) => (at === run.length - 1 ? byte ^ 1 : byte)))
    }
    const run = await startSync(oracle.root, [honestPeer(peerState), late], { bendDisk: disk.bend })
    await untilPaused(run)
    deliver()
    await settle()
    expect(kindsOf(late)).toEqual(new Set(['lie']))
    disk.refuses = []
    await expectEverything(await finishSync(run))
  })

  test('behavior: a reader finds during the pause what does not fit', async () => {
    const disk = new FullDisk()
    disk.refuses = ALL
    const run = await startOn(disk)
    await untilPaused(run)
    const found = peerState.sequence.filter(([path]) => run.sync.find(path) !== undefined)
    expect(found).toHaveLength(run.sync.progress().nodes)
    for (const [path, blob] of found) expect(run.sync.find(path)).toEqual(blob)
    run.sync.cancel(new SyncError('cancelled', 'enough'))
    await finishSync(run)
  })

  test('behavior: resume tries at once', async () => {
    const disk = new FullDisk()
    disk.refuses = ALL
    const run = await startOn(disk)
    await untilPaused(run)
    disk.refuses = []
    run.sync.resume()
    await settle()
    expect(run.clock.now()).toBe(0)
    expect(run.sync.progress().phase).not.toBe('paused')
    await expectEverything(await finishSync(run))
  })

  test('behavior: resume without room leaves it paused, and tells nobody again', async () => {
    const disk = new FullDisk()
    disk.refuses = ALL
    const run = await startOn(disk)
    await untilPaused(run)
    const before = disk.writes.length
    run.sync.resume()
    await settle()
    expect(disk.writes.length).toBe(before + 1)
    expect(run.sync.progress()).toMatchObject({ phase: 'paused', reason: 'storageFull' })
    expect(run.pauses).toHaveLength(1)
    run.sync.cancel(new SyncError('cancelled', 'enough'))
    await finishSync(run)
  })

  test.each([['cancelled'], ['superseded'], ['closed']] as const)(
    'behavior: %s ends the pause at once, and leaves no timer behind',
    async (code) => {
      for (const refuses of [ALL, ['complete']] as const) {
        const disk = new FullDisk()
        disk.refuses = refuses
        const run = await startOn(disk)
        await untilPaused(run)
        run.sync.cancel(new SyncError(code, 'enough'))
        await settle()
        expect(run.outcome).toMatchObject({ code })
        expect(run.sync.progress()).toMatchObject({ phase: 'failed', reason: null })
        expect(run.clock.pending).toEqual([])
        expect(run.peers.listeners).toBe(0)
      }
    },
  )

  test('behavior: a cancel in the pause writes what fits by then, and the next sync fetches the rest only', async () => {
    const disk = new FullDisk()
    disk.refuses = ALL
    const store = createMemoryStore()
    const first = await startSync(oracle.root, [honestPeer(peerState)], { bendDisk: disk.bend, store })
    await untilPaused(first)
    const { bytes } = first.sync.progress()
    expect(bytes).toBeGreaterThan(0)
    disk.refuses = []
    first.sync.cancel(new SyncError('cancelled', 'enough'))
    await settle()
    const second = await finishSync(await startSync(oracle.root, [honestPeer(peerState)], { store }))
    await expectEverything(second)
    expect((second.outcome as SyncProgress).wireBytes).toBeLessThanOrEqual(bytesOf(peerState) - bytes)
  })

  test('behavior: each time that the disk fills up again is another pause, told again', async () => {
    const disk = new FullDisk()
    disk.refuses = ALL
    const peer = Object.assign(honestPeer(peerState), { bytes: 2_000 })
    const run = await startOn(disk, peer)
    await untilPaused(run)
    disk.refuses = ['complete']
    run.sync.resume()
    await settle()
    await untilPaused(run)
    expect(run.pauses).toHaveLength(2)
    disk.refuses = []
    await expectEverything(await finishSync(run))
  })

  test('error: a disk that fails otherwise during the pause ends the sync with storeFailed', async () => {
    const disk = new FullDisk()
    disk.refuses = ALL
    const run = await startOn(disk)
    await untilPaused(run)
    disk.refuses = []
    await run.store.close()
    run.sync.resume()
    await settle()
    expect(run.outcome).toMatchObject({ code: 'storeFailed', cause: { code: 'databaseClosed' } })
  })
})

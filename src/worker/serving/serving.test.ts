/** A serving tab over a store and a wire in memory: its Status and its answers. */
import { describe, expect, test } from 'vitest'
import { LIE_BAN_MS } from '../../network/constants.ts'
import { statusOf } from '../../protocol/messages.ts'
import { Requester } from '../../protocol/requester.ts'
import type { RootCoverage } from '../../store/walks/coverage.ts'
import { ManualClock, settle } from '../../testing/manual-clock.ts'
import { createWirePair } from '../../testing/memory-wire.ts'
import type { NodeSource } from '../../trie/node-source.ts'
import { END, ROOT_PATH } from '../../trie/path.ts'
import { STATUS_INTERVAL_MS } from '../constants.ts'
import { ForegroundWork } from './foreground-work.ts'
import { servedStatus } from './served-status.ts'
import { TabServing } from './serving.ts'

const ROOT = new Uint8Array(32).fill(1)
const REF = { path: ROOT_PATH, hash: ROOT, maxNodes: 0 }
const RUN = Uint8Array.of(0xc1, 0x80)
const LIMITS = { uploadBytesPerSecond: 1e6, maxRequests: 4, whileHidden: false, onMetered: false }
const SEEN = { isHidden: false, isMetered: false }
const source: NodeSource = { has: () => true, run: async () => RUN, path: async () => RUN, code: async () => RUN }
const covered = (...spans: [string, string][]): RootCoverage => ({
  root: ROOT,
  blockNumber: null,
  stretches: spans.map(([start, end]) => ({ start, end })),
})

async function setUp(limits = LIMITS) {
  const clock = new ManualClock()
  let coverage: RootCoverage[] = []
  const store = { source: () => source, coverage: () => coverage }
  const serving = new TabServing({ store, chainId: 1, limits, clock, foreground: new ForegroundWork() })
  serving.start()
  const [wire, theirs] = createWirePair()
  let hungUp = 0
  serving.welcome({ peerId: 'them', host: '', isWebRtc: true, wire, hangUp: () => void hungUp++ })
  const heard: (readonly string[])[] = []
  const requester = new Requester({
    wire: theirs,
    status: statusOf(1),
    onStatus: ({ roots }) =>
      heard.push(roots.flatMap(({ coverage }) => coverage.map(({ start, end }) => `${start}-${end}`))),
  })
  const { limits: theirLimits } = await requester.start()
  const cover = (next: RootCoverage[]) => {
    coverage = next
  }
  return { clock, serving, requester, heard, cover, theirLimits, hungUp: () => hungUp }
}

describe('TabServing', () => {
  test('default: says what is there as it grows, once each, and answers', async () => {
    const { clock, requester, heard, cover, serving, theirLimits } = await setUp()
    expect(theirLimits.maxResponseBytes).toBe(512 * 1024)
    cover([covered(['', '5'])])
    await clock.pass(STATUS_INTERVAL_MS * 3)
    cover([covered(['', '5'], ['8', END])])
    await clock.pass(STATUS_INTERVAL_MS)
    expect(heard).toEqual([[], ['-5'], ['-5', `8-${END}`]])
    expect(await requester.getNodes(ROOT, [REF], 1000)).toEqual([RUN])
    serving.stop()
    serving.stop()
    await settle()
    await expect(requester.getNodes(ROOT, [REF], 1000)).rejects.toMatchObject({ code: 'disconnected' })
    expect(clock.pending).toEqual([])
  })

  test.each([
    ['hidden', { ...SEEN, isHidden: true }],
    ['metered', { ...SEEN, isMetered: true }],
  ])('behavior: has nothing while it is %s, and says so', async (_, conditions) => {
    const { clock, requester, heard, cover, serving } = await setUp()
    cover([covered(['', END])])
    await clock.pass(STATUS_INTERVAL_MS)
    serving.meet(conditions)
    expect(await requester.getNodes(ROOT, [REF], 1000)).toEqual([new Uint8Array()])
    serving.meet(SEEN)
    expect(await requester.getNodes(ROOT, [REF], 1000)).toEqual([RUN])
    expect(heard).toEqual([[], [`-${END}`], [], [`-${END}`]])
    serving.stop()
  })

  test('options: goes on while it is hidden or metered, if the application says so', async () => {
    const { serving, requester } = await setUp({ ...LIMITS, whileHidden: true, onMetered: true })
    serving.meet({ isHidden: true, isMetered: true })
    expect(await requester.getNodes(ROOT, [REF], 1000)).toEqual([RUN])
    serving.stop()
  })

  test('behavior: a peer that breaks the protocol is hung up, and not heard for a while', async () => {
    const { serving, hungUp, clock } = await setUp()
    const welcomeRude = async () => {
      const [wire, theirs] = createWirePair()
      let hungUpHere = 0
      serving.welcome({ peerId: 'rude', host: '', isWebRtc: true, wire, hangUp: () => void hungUpHere++ })
      theirs.open({ onChunk: () => {}, onClose: () => {} })
      await theirs.send([Uint8Array.of(1, 0x80)])
      await settle()
      return [hungUpHere, serving.counters().violations, serving.counters().peers, hungUp()]
    }
    expect(await welcomeRude()).toEqual([1, 1, 1, 0])
    expect(await welcomeRude()).toEqual([1, 1, 1, 0])
    clock.advance(LIE_BAN_MS)
    expect(await welcomeRude()).toEqual([1, 2, 1, 0])
    serving.stop()
  })
})

describe('servedStatus', () => {
  test('behavior: no more roots and spans than a Status carries, of the newest roots first', () => {
    const spans = Array.from({ length: 700 }, (_, i): [string, string] => {
      const start = (i + 0x1000).toString(16)
      return [`${start}0`, `${start}8`]
    })
    const { roots } = servedStatus(1, [covered(...spans), covered(...spans), covered(['', END])])
    expect(roots.map(({ coverage }) => coverage.length)).toEqual([700, 324])
    expect(servedStatus(1, Array(200).fill(covered(['', END]))).roots.length).toBe(128)
  })
})

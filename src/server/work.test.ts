/** Every wrapper of a source passes the cost of reads on, and a server's thread is left to others meanwhile. */
import { describe, expect, test } from 'vitest'
import { EVERYTHING, statusOf } from '../protocol/messages.ts'
import { Requester } from '../protocol/requester.ts'
import { Responder } from '../protocol/responder.ts'
import type { Clock } from '../runtime/clock.ts'
import { createWirePair } from '../testing/memory-wire.ts'
import { seededRandom } from '../testing/random.ts'
import { type NodeSource, OWN_WORK, type Work } from '../trie/node-source.ts'
import { pathOfKey, ROOT_PATH } from '../trie/path.ts'
import { BackgroundSource } from '../worker/serving/background-source.ts'
import { ForegroundWork } from '../worker/serving/foreground-work.ts'
import { guardDamage } from './damage-guard.ts'
import { LevelSource } from './level-source.ts'
import { multiSource } from './multi-source.ts'
import { observedSource } from './observed-source.ts'
import { recordsOf } from './state-record.ts'
import { SyntheticState } from './synthetic.ts'
import { importInto } from './temporary.suite.ts'
import { throttledSource } from './throttled-source.ts'

const ROOT = new Uint8Array(32)
const REF = { path: ROOT_PATH, hash: ROOT }
const KEY = pathOfKey(ROOT)

const NO_CLOCK: Clock = {
  now: () => 0,
  after(_, callback) {
    queueMicrotask(callback)
    return () => {}
  },
}
const BACKGROUND = { uploadBytesPerSecond: 1e9, maxRequests: 4, clock: NO_CLOCK, foreground: new ForegroundWork() }

const WRAPPERS: Readonly<Record<string, (source: NodeSource) => NodeSource>> = {
  multiSource: (source) => multiSource([source]),
  observedSource: (source) => observedSource(source, () => {}),
  throttledSource: (source) => throttledSource(source, 1e9, NO_CLOCK),
  guardDamage: (source) => guardDamage(source, () => {}),
  BackgroundSource: (source) => new BackgroundSource({ source, ...BACKGROUND }),
}

async function levelSource(accounts: number) {
  const state = new SyntheticState(1)
  const { database, info } = await importInto({
    records: recordsOf(Array.from({ length: accounts }, (_, index) => state.account(index))),
  })
  return LevelSource.open(database, info)
}

describe('Work', () => {
  test.each(Object.entries(WRAPPERS))('behavior: %s hands it on', async (_, wrap) => {
    let pieces = 0
    let pauses = 0
    const work: Work = {
      do(piece) {
        pieces++
        return piece()
      },
      async pause() {
        pauses++
      },
    }
    const read = async (work: Work = OWN_WORK) => {
      await work.pause()
      return work.do(() => new Uint8Array(1))
    }
    const source = wrap({
      has: () => true,
      run: (_root, _ref, _maxNodes, _maxBytes, work) => read(work),
      path: (_root, _ref, _key, work) => read(work),
      code: async () => undefined,
    })
    expect([await source.run(ROOT, REF, 0, 1000, work), await source.path(ROOT, REF, KEY, work)]).toHaveLength(2)
    expect([pieces, pauses]).toEqual([2, 2])
  })

  test('behavior: a source in the database does all that takes long in it', async () => {
    const source = await levelSource(2_000)
    let pieces = 0
    let pauses = 0
    const work: Work = {
      do(piece) {
        pieces++
        return piece()
      },
      async pause() {
        pauses++
      },
    }
    const ref = { path: ROOT_PATH, hash: source.root }
    await source.run(source.root, ref, 0, Number.MAX_SAFE_INTEGER, work)
    expect(pauses).toBeGreaterThan(5)
    expect(pieces).toBeGreaterThan(pauses)
    const before = pieces
    await source.path(source.root, ref, KEY, work)
    expect(pieces).toBeGreaterThan(before)
  })

  test('behavior: eight requests for as many ways as may be leave the thread to timers and sockets in between', async () => {
    const source = await levelSource(200)
    const { root } = source
    const [ours, theirs] = createWirePair()
    new Responder({
      wire: theirs,
      source,
      status: statusOf(1, [{ root, blockNumber: 7, coverage: EVERYTHING }]),
    }).start()
    const requester = new Requester({ wire: ours, status: statusOf(1) })
    await requester.start()
    const random = seededRandom(1)
    const ways = () =>
      Array.from({ length: 1024 }, () => ({ path: ROOT_PATH, hash: root, key: pathOfKey(random.bytes(64)) }))
    await requester.getPaths(root, ways().slice(0, 1), 1000) // reads the whole state into memory
    const asked = Array.from({ length: 8 }, () => requester.getPaths(root, ways(), 2 ** 20))
    let turns = 0
    let isDone = false
    const countTurns = () => {
      turns++
      if (!isDone) setImmediate(countTurns)
    }
    setImmediate(countTurns)
    const answers = await Promise.all(asked)
    isDone = true
    expect(answers.flat().every((way) => way.length > 0)).toBe(true)
    // The number depends on the machine. A request answered in one piece would leave no turn in between.
    expect(turns).toBeGreaterThan(8)
  })
})

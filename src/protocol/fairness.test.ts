/**
 * Measures an honest peer's share of a server's only thread, beside peers asking for the most expensive answers. The
 * thread is the clock's: only reading and sending move the clock on.
 */
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { Admission } from './admission.ts'
import { DEFAULT_SERVING_LIMITS, type ServingLimits } from './serving-limits.ts'

const KIB = 1024
const MS = 5_000
/** Bytes sent by the thread in a millisecond. */
const SENT_PER_MS = 64 * KIB

interface Kind {
  readonly bytes: number
  readonly items: number
  readonly isBulk: boolean
  /** The pieces in which the answer is read, and the time of each in milliseconds. */
  readonly pieces: number
  readonly pieceMs: number
  readonly answerBytes: number
  /** The time of everything else, in milliseconds: receiving the request and sending the answer. */
  readonly otherMs: number
}

/** A run of 256 KiB. */
const HONEST: Kind = {
  bytes: 100,
  items: 1,
  isBulk: true,
  pieces: 5,
  pieceMs: 0.5,
  answerBytes: 256 * KIB,
  otherMs: 0.15,
}
const NOTHING = { answerBytes: 0, otherMs: 2 }

const DEAR: Readonly<Record<string, Kind>> = {
  'as many ways as may be': { ...NOTHING, bytes: 80_000, items: 1024, isBulk: false, pieces: 3072, pieceMs: 0.1 },
  'the longest ways, each in one piece': {
    ...NOTHING,
    bytes: 175_000,
    items: 1024,
    isBulk: false,
    pieces: 1024,
    pieceMs: 1,
  },
  'as many refs as may be': { ...NOTHING, bytes: 40_000, items: 1024, isBulk: true, pieces: 1024, pieceMs: 0.08 },
  'the largest answers': { ...HONEST, answerBytes: 1024 * KIB, pieces: 20 },
  'the smallest budgets': { ...HONEST, answerBytes: 532, pieces: 1, pieceMs: 0.05 },
  'as many headers as may be': {
    bytes: 8500,
    items: 256,
    isBulk: false,
    pieces: 256,
    pieceMs: 0,
    answerBytes: 0,
    otherMs: 2,
  },
}

/** Lets peers ask without end, each with `open` requests at a time. Returns the thread's time for each peer. */
async function share(limits: Partial<ServingLimits>, peers: readonly { host: string; open: number; kind: Kind }[]) {
  const clock = new ManualClock()
  let rests = 0
  const leaveThread = () => {
    rests++
    return new Promise<void>((resolve) => setImmediate(resolve))
  }
  const admission = new Admission({ ...DEFAULT_SERVING_LIMITS, ...limits }, clock, leaveThread)
  const spentMs = peers.map(() => 0)
  let longestHeldMs = 0
  for (const [i, { host, open, kind }] of peers.entries()) {
    const stream = admission.admit({ peerId: `${host} ${i}`, host })
    stream.begin(() => stream.end())
    const spend = (ms: number) => {
      spentMs[i]! += ms
      clock.advance(ms)
    }
    const ask = () => {
      if (clock.now() >= MS) return
      const askedAtMs = clock.now()
      stream.ask({
        ...kind,
        async serve(work) {
          for (let piece = 0; piece < kind.pieces && clock.now() < MS; piece++) {
            if (
              piece > 0 &&
              (await work.pause().then(
                () => false,
                () => true,
              ))
            )
              return undefined
            work.do(() => spend(kind.pieceMs))
          }
          longestHeldMs = Math.max(longestHeldMs, i === 0 ? clock.now() - askedAtMs : 0)
          return { bytes: kind.answerBytes, send }
        },
      })
    }
    const send = async () => {
      spend(kind.otherMs + kind.answerBytes / SENT_PER_MS)
      queueMicrotask(ask)
    }
    for (let request = 0; request < open; request++) ask()
  }
  while (clock.now() < MS) await new Promise((resolve) => setImmediate(resolve))
  return { honest: spentMs[0]! / MS, longestHeldMs, rests }
}

const honest = { host: 'honest', open: 4, kind: HONEST }
const crowd = (count: number, kind: Kind) => Array.from({ length: count }, () => ({ host: 'hostile', open: 32, kind }))

describe('Admission', () => {
  test.each(Object.entries(DEAR))(
    'behavior: beside one peer that asks for %s an honest one keeps half',
    async (_, kind) => {
      const { honest: kept } = await share({}, [honest, ...crowd(1, kind)])
      expect(kept).toBeGreaterThan(0.45)
    },
  )

  test.each(Object.entries(DEAR))(
    'behavior: beside sixty peers of one host that ask for %s an honest one keeps half',
    async (_, kind) => {
      const { honest: kept } = await share({}, [honest, ...crowd(60, kind)])
      expect(kept).toBeGreaterThan(0.45)
    },
  )

  test.each(Object.entries(DEAR))(
    'behavior: beside one peer of the same host that asks for %s an honest one keeps half',
    async (_, kind) => {
      const { honest: kept } = await share({}, [{ ...honest, host: 'hostile' }, ...crowd(1, kind)])
      expect(kept).toBeGreaterThan(0.45)
    },
  )

  test('behavior: the thread is left to everything else every few milliseconds', async () => {
    const { rests } = await share({}, crowd(8, DEAR['as many ways as may be']!))
    expect(rests).toBeGreaterThan(MS / 20)
  })
})

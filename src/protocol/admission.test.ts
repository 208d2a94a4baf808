import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ManualClock, settle } from '../testing/manual-clock.ts'
import { Admission } from './admission.ts'
import type { AdmittedStream } from './admitted-stream.ts'
import { LOOK_UP_COST_BYTES, READS_AHEAD, REQUEST_COST_BYTES, REQUEST_MEMORY_FACTOR } from './constants.ts'
import { DEFAULT_SERVING_LIMITS, type ServingLimits } from './serving-limits.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** Returns a admission, and peers with requests answered on the test's command. */
function setUp(limits: Partial<ServingLimits> = {}) {
  const clock = new ManualClock()
  let yields = 0
  const leaveThread = async () => void yields++
  const admission = new Admission({ ...DEFAULT_SERVING_LIMITS, ...limits }, clock, leaveThread)
  /** The peers of the begun requests, in order. */
  const begun: string[] = []
  const refused: string[] = []
  /** Resolvers of the pending reads and sends. */
  const reads: (() => void)[] = []
  const sends: (() => void)[] = []

  /** Admits a peer. Each peer has a host of its own, unless the test names one. */
  function admit(peerId: string, maxSendingBytes = Number.POSITIVE_INFINITY, host = peerId): AdmittedStream {
    const stream = admission.admit({ peerId, host, maxSendingBytes })
    stream.begin(({ code }) => {
      refused.push(`${peerId} ${code}`)
      stream.end()
    })
    return stream
  }

  function ask(
    stream: AdmittedStream,
    name: string,
    { bytes = 100, answerBytes = 1000, items = 1, isBulk = true, isRead = true, isSent = true } = {},
  ) {
    stream.ask({
      bytes,
      items,
      isBulk,
      async serve() {
        begun.push(name)
        if (!isRead) await new Promise<void>((resolve) => reads.push(resolve))
        return {
          bytes: answerBytes,
          send: () => (isSent ? Promise.resolve() : new Promise<void>((resolve) => sends.push(resolve))),
        }
      },
    })
  }

  return { clock, admission, begun, refused, reads, sends, admit, ask, yields: () => yields }
}

describe('Admission', () => {
  test('default: a request waits for nobody where nobody else is', async () => {
    const { clock, admission, begun, admit, ask } = setUp()
    ask(admit('a'), 'a')
    expect(begun).toEqual(['a'])
    await settle()
    expect([admission.heldBytes, clock.pending]).toEqual([0, []])
  })

  test('behavior: what comes faster than the rate waits, over all streams of a peer', async () => {
    const { clock, begun, admit, ask } = setUp({ requests: { perSecond: 10, burst: 2 } })
    const [one, other, b] = [admit('a'), admit('a'), admit('b')]
    for (const stream of [one, other, one, other]) ask(stream, 'a')
    expect(begun).toEqual(['a', 'a'])
    ask(b, 'b')
    expect(begun).toEqual(['a', 'a', 'b'])
    await clock.pass(100)
    expect(begun).toEqual(['a', 'a', 'b', 'a'])
    await clock.pass(100)
    expect(begun).toEqual(['a', 'a', 'b', 'a', 'a'])
    expect(clock.pending).toEqual([])
  })

  test('behavior: an answer may run ahead of the bytes a second, and the next one waits until it is paid for', async () => {
    const { clock, begun, admit, ask } = setUp({ bytes: { perSecond: 1000, burst: 1000 } })
    const a = admit('a')
    ask(a, 'first', { bytes: 500, answerBytes: 4000 })
    await settle()
    ask(a, 'second')
    await clock.pass(3499)
    expect(begun).toEqual(['first'])
    await clock.pass(1)
    expect(begun).toEqual(['first', 'second'])
  })

  test('behavior: who comes back too soon finds the account as it was, and who owes nothing is forgotten', async () => {
    const { clock, admission, begun, admit, ask } = setUp({ requests: { perSecond: 1, burst: 1 } })
    const first = admit('a')
    ask(first, 'first')
    await settle()
    first.end()
    const second = admit('a')
    ask(second, 'second')
    expect(begun).toEqual(['first'])
    await clock.pass(1000)
    expect(begun).toEqual(['first', 'second'])
    second.end()
    await clock.pass(1000)
    admit('b')
    expect(admission.accounts).toBe(1)
  })

  test('behavior: a flood of one peer does not stand before another peer', async () => {
    const { begun, reads, admit, ask } = setUp({ readAtOnce: 1 })
    const [flood, honest] = [admit('flood'), admit('honest')]
    for (let i = 0; i < 16; i++) ask(flood, 'flood', { isRead: false })
    ask(honest, 'honest', { isRead: false })
    for (let i = 0; i < 3; i++) {
      reads.shift()?.()
      await settle()
    }
    expect(begun).toEqual(['flood', 'honest', 'flood', 'flood'])
  })

  test('behavior: peers that always want more get the same share, whatever the size of their requests', async () => {
    const peers = fc.array(
      fc.record({ answerBytes: fc.integer({ min: 0, max: MIB }), items: fc.integer({ min: 1, max: 1024 }) }),
      {
        minLength: 2,
        maxLength: 5,
      },
    )
    await fc.assert(
      fc.asyncProperty(peers, async (wants) => {
        const { begun, reads, admit, ask } = setUp({ readAtOnce: 1, bytes: { perSecond: 1e12, burst: 1e12 } })
        const costs = wants.map(
          ({ answerBytes, items }) => REQUEST_COST_BYTES + 100 + answerBytes + items * LOOK_UP_COST_BYTES,
        )
        const streams = wants.map((_, i) => admit(String(i)))
        const askMore = (i: number) => ask(streams[i]!, String(i), { ...wants[i]!, isRead: false })
        for (let i = 0; i < wants.length; i++) for (let j = 0; j < 3; j++) askMore(i)
        const shares = wants.map(() => 0)
        for (let round = 0; round < 40; round++) {
          const i = Number(begun.at(-1))
          shares[i]! += costs[i]!
          askMore(i)
          reads.shift()?.()
          // A read and the steps behind it take a few microtasks.
          for (let turn = 0; turn < 20; turn++) await undefined
          expect(begun).toHaveLength(round + 2)
        }
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(2 * Math.max(...costs))
      }),
      { numRuns: 30 },
    )
  })

  test('behavior: what a peer reads goes ahead of its own bulk, over all its streams, and of nobody else', async () => {
    const { begun, reads, admit, ask } = setUp({ readAtOnce: 1 })
    const [one, other, honest] = [admit('a'), admit('a'), admit('b')]
    for (const name of ['begun', 'bulk 1', 'bulk 2']) ask(one, name, { isRead: false })
    ask(honest, 'honest', { isRead: false })
    for (const name of ['read 1', 'read 2']) ask(other, name, { isBulk: false, isRead: false })
    for (let i = 0; i < 5; i++) {
      reads.shift()?.()
      await settle()
    }
    expect(begun.slice(0, 2)).toEqual(['begun', 'honest'])
    expect(begun.slice(2)).toEqual(['read 1', 'read 2', 'bulk 1', 'bulk 2'])
  })

  test('behavior: reads without end leave bulk its turns', async () => {
    const { begun, reads, admit, ask } = setUp({ readAtOnce: 1 })
    const a = admit('a')
    const read = () => ask(a, 'read', { isBulk: false, isRead: false })
    read()
    for (let i = 0; i < 2; i++) ask(a, 'bulk', { isRead: false })
    for (let i = 0; i < 2 * READS_AHEAD + 3; i++) {
      read()
      reads.shift()?.()
      await settle()
    }
    const ahead = new Array<string>(READS_AHEAD).fill('read')
    expect(begun).toEqual(['read', ...ahead, 'bulk', ...ahead, 'bulk', 'read'])
  })

  test('behavior: silence saves up no turns', async () => {
    const { begun, reads, admit, ask } = setUp({ readAtOnce: 1 })
    const [busy, silent] = [admit('busy'), admit('silent')]
    for (let i = 0; i < 10; i++) {
      ask(busy, 'busy')
      await settle()
    }
    begun.length = 0
    for (let i = 0; i < 3; i++)
      for (const stream of [silent, busy]) ask(stream, stream === busy ? 'busy' : 'silent', { isRead: false })
    for (let i = 0; i < 5; i++) {
      reads.shift()?.()
      await settle()
    }
    expect(begun.slice(0, 4).filter((name) => name === 'silent')).toHaveLength(2)
  })

  test('behavior: a peer that does not read is read no more for, and others are', async () => {
    const { begun, sends, admit, ask } = setUp({ servedAtOnce: 2, readAtOnce: 2 })
    const [slow, honest] = [admit('slow'), admit('honest')]
    for (let i = 0; i < 5; i++) ask(slow, 'slow', { isSent: false })
    await settle()
    for (let i = 0; i < 5; i++) ask(honest, 'honest')
    await settle()
    expect(begun).toEqual(['slow', 'slow', ...Array(5).fill('honest')])
    sends.shift()?.()
    await settle()
    expect(begun.filter((name) => name === 'slow')).toHaveLength(3)
  })

  test('error: slowReader: an answer that was not taken in time', async () => {
    const { clock, admission, refused, admit, ask } = setUp({ sendingMs: 1000 })
    const [slow, honest] = [admit('slow'), admit('honest')]
    ask(slow, 'slow', { isSent: false })
    ask(slow, 'slow', { isSent: false })
    ask(honest, 'honest')
    await clock.pass(999)
    expect(refused).toEqual([])
    await clock.pass(1)
    expect(refused[0]).toBe('slow slowReader')
    expect(refused.filter((who) => who.startsWith('honest'))).toEqual([])
    expect(admission.heldBytes).toBe(0)
  })

  test('behavior: while our own thread slept nobody was slow', async () => {
    const { clock, refused, admit, ask } = setUp({ sendingMs: 1000 })
    ask(admit('a'), 'a', { isSent: false })
    await settle()
    clock.oversleep(60_000)
    expect(refused).toEqual([])
  })

  test('error: overloaded: beyond what may be held, the oldest has to go', async () => {
    const { admission, refused, admit, ask } = setUp({ heldBytes: 10 * MIB })
    const streams = Array.from({ length: 5 }, (_, i) => admit(String(i)))
    for (const stream of streams) {
      for (let i = 0; i < 3; i++) ask(stream, '', { answerBytes: MIB, isSent: false })
      await settle()
      expect(admission.heldBytes).toBeLessThanOrEqual(10 * MIB)
    }
    expect(refused).toEqual(['0 overloaded', '1 overloaded'])
    expect(admission.heldBytes).toBe(9 * MIB)
  })

  test('behavior: requests that wait for their turn are held as well', async () => {
    const { admission, refused, admit, ask } = setUp({ heldBytes: 4 * MIB, servedAtOnce: 1 })
    const [greedy, honest] = [admit('greedy'), admit('honest')]
    for (let i = 0; i < 3; i++) ask(greedy, 'greedy', { bytes: 200 * KIB, isRead: false })
    expect(admission.heldBytes).toBe(3 * 200 * KIB * REQUEST_MEMORY_FACTOR)
    ask(honest, 'honest', { bytes: 200 * KIB, isRead: false })
    expect(refused).toEqual(['greedy overloaded'])
    expect(admission.heldBytes).toBe(200 * KIB * REQUEST_MEMORY_FACTOR)
  })

  test('error: tooManyStreams: of one peer, and of all; who leaves makes room', () => {
    const { admit } = setUp({ streamsPerPeer: 2, streams: 3 })
    const first = admit('a')
    admit('a')
    expect(() => admit('a')).toThrow(expect.objectContaining({ code: 'tooManyStreams' }))
    admit('b')
    expect(() => admit('c')).toThrow(expect.objectContaining({ code: 'tooManyStreams' }))
    first.end()
    first.end()
    admit('a')
    expect(() => admit('c')).toThrow(expect.objectContaining({ code: 'tooManyStreams' }))
  })

  test('behavior: who leaves takes everything along', async () => {
    const { clock, admission, begun, reads, sends, admit, ask } = setUp({ servedAtOnce: 2 })
    const [one, other] = [admit('a'), admit('a')]
    ask(one, 'sending', { isSent: false })
    await settle()
    ask(one, 'reading', { isRead: false })
    ask(one, 'waiting')
    ask(other, 'other')
    one.end()
    expect(admission.heldBytes).toBe(100 * REQUEST_MEMORY_FACTOR)
    sends.shift()?.()
    reads.shift()?.()
    await settle()
    expect(begun).toEqual(['sending', 'reading', 'other'])
    other.end()
    expect([admission.heldBytes, clock.pending]).toEqual([0, []])
  })

  test('behavior: a connection carries no more at a time than it may, but for an answer alone', async () => {
    const { sends, admit, ask, admission } = setUp()
    const [one, other] = [admit('a', 2 * MIB), admit('a', 2 * MIB)]
    for (const stream of [one, other, one]) ask(stream, 'a', { answerBytes: 900 * KIB, isSent: false })
    ask(one, 'a', { answerBytes: 3 * MIB, isSent: false })
    await settle()
    expect(sends.length).toBe(2)
    sends[0]?.()
    await settle()
    expect(sends.length).toBe(3)
    sends[1]?.()
    await settle()
    expect(sends.length).toBe(3)
    sends[2]?.()
    await settle()
    expect(sends.length).toBe(4)
    ask(other, 'a', { isSent: false })
    await settle()
    expect(sends.length).toBe(4)
    sends[3]?.()
    await settle()
    expect(sends.length).toBe(5)
    sends[4]?.()
    await settle()
    expect(admission.heldBytes).toBe(0)
  })

  test('behavior: an answer that waits for others of its peer has its time when it is sent', async () => {
    const { clock, refused, admit, ask, sends } = setUp({ sendingMs: 1000 })
    const a = admit('a', MIB)
    for (let i = 0; i < 2; i++) ask(a, 'a', { answerBytes: MIB, isSent: false })
    await clock.pass(999)
    sends[0]?.()
    await clock.pass(999)
    expect([sends.length, refused]).toEqual([2, []])
    await clock.pass(1)
    expect(refused).toEqual(['a slowReader'])
  })
})

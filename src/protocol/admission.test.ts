import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ManualClock, settle } from '../testing/manual-clock.ts'
import { Doorkeeper, type Seat } from './admission.ts'
import { LOOK_UP_COST_BYTES, READS_AHEAD, REQUEST_COST_BYTES, REQUEST_MEMORY_FACTOR } from './constants.ts'
import { DEFAULT_SERVING_LIMITS, type ServingLimits } from './serving-limits.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** Returns a doorkeeper, and peers with requests answered on the test's command. */
function setUp(limits: Partial<ServingLimits> = {}) {
  const clock = new ManualClock()
  let yields = 0
  const leaveThread = async () => void yields++
  const doorkeeper = new Doorkeeper({ ...DEFAULT_SERVING_LIMITS, ...limits }, clock, leaveThread)
  /** The peers of the begun requests, in order. */
  const begun: string[] = []
  const refused: string[] = []
  /** Resolvers of the pending reads and sends. */
  const reads: (() => void)[] = []
  const sends: (() => void)[] = []

  /** Admits a peer. Each peer has a host of its own, unless the test names one. */
  function sit(peerId: string, maxSendingBytes = Number.POSITIVE_INFINITY, host = peerId): Seat {
    const seat = doorkeeper.admit({ peerId, host, maxSendingBytes })
    seat.occupy(({ code }) => {
      refused.push(`${peerId} ${code}`)
      seat.leave()
    })
    return seat
  }

  function ask(
    seat: Seat,
    name: string,
    { bytes = 100, answerBytes = 1000, items = 1, isBulk = true, isRead = true, isSent = true } = {},
  ) {
    seat.ask({
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

  return { clock, doorkeeper, begun, refused, reads, sends, sit, ask, yields: () => yields }
}

describe('Doorkeeper', () => {
  test('default: a request waits for nobody where nobody else is', async () => {
    const { clock, doorkeeper, begun, sit, ask } = setUp()
    ask(sit('a'), 'a')
    expect(begun).toEqual(['a'])
    await settle()
    expect([doorkeeper.heldBytes, clock.pending]).toEqual([0, []])
  })

  test('behavior: what comes faster than the rate waits, over all streams of a peer', async () => {
    const { clock, begun, sit, ask } = setUp({ requests: { perSecond: 10, burst: 2 } })
    const [one, other, b] = [sit('a'), sit('a'), sit('b')]
    for (const seat of [one, other, one, other]) ask(seat, 'a')
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
    const { clock, begun, sit, ask } = setUp({ bytes: { perSecond: 1000, burst: 1000 } })
    const a = sit('a')
    ask(a, 'first', { bytes: 500, answerBytes: 4000 })
    await settle()
    ask(a, 'second')
    await clock.pass(3499)
    expect(begun).toEqual(['first'])
    await clock.pass(1)
    expect(begun).toEqual(['first', 'second'])
  })

  test('behavior: who comes back too soon finds the account as it was, and who owes nothing is forgotten', async () => {
    const { clock, doorkeeper, begun, sit, ask } = setUp({ requests: { perSecond: 1, burst: 1 } })
    const first = sit('a')
    ask(first, 'first')
    await settle()
    first.leave()
    const second = sit('a')
    ask(second, 'second')
    expect(begun).toEqual(['first'])
    await clock.pass(1000)
    expect(begun).toEqual(['first', 'second'])
    second.leave()
    await clock.pass(1000)
    sit('b')
    expect(doorkeeper.accounts).toBe(1)
  })

  test('behavior: a flood of one peer does not stand before another peer', async () => {
    const { begun, reads, sit, ask } = setUp({ readAtOnce: 1 })
    const [flood, honest] = [sit('flood'), sit('honest')]
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
        const { begun, reads, sit, ask } = setUp({ readAtOnce: 1, bytes: { perSecond: 1e12, burst: 1e12 } })
        const costs = wants.map(
          ({ answerBytes, items }) => REQUEST_COST_BYTES + 100 + answerBytes + items * LOOK_UP_COST_BYTES,
        )
        const seats = wants.map((_, i) => sit(String(i)))
        const askMore = (i: number) => ask(seats[i]!, String(i), { ...wants[i]!, isRead: false })
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
    const { begun, reads, sit, ask } = setUp({ readAtOnce: 1 })
    const [one, other, honest] = [sit('a'), sit('a'), sit('b')]
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
    const { begun, reads, sit, ask } = setUp({ readAtOnce: 1 })
    const a = sit('a')
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
    const { begun, reads, sit, ask } = setUp({ readAtOnce: 1 })
    const [busy, silent] = [sit('busy'), sit('silent')]
    for (let i = 0; i < 10; i++) {
      ask(busy, 'busy')
      await settle()
    }
    begun.length = 0
    for (let i = 0; i < 3; i++)
      for (const seat of [silent, busy]) ask(seat, seat === busy ? 'busy' : 'silent', { isRead: false })
    for (let i = 0; i < 5; i++) {
      reads.shift()?.()
      await settle()
    }
    expect(begun.slice(0, 4).filter((name) => name === 'silent')).toHaveLength(2)
  })

  test('behavior: a peer that does not read is read no more for, and others are', async () => {
    const { begun, sends, sit, ask } = setUp({ servedAtOnce: 2, readAtOnce: 2 })
    const [slow, honest] = [sit('slow'), sit('honest')]
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
    const { clock, doorkeeper, refused, sit, ask } = setUp({ sendingMs: 1000 })
    const [slow, honest] = [sit('slow'), sit('honest')]
    ask(slow, 'slow', { isSent: false })
    ask(slow, 'slow', { isSent: false })
    ask(honest, 'honest')
    await clock.pass(999)
    expect(refused).toEqual([])
    await clock.pass(1)
    expect(refused[0]).toBe('slow slowReader')
    expect(refused.filter((who) => who.startsWith('honest'))).toEqual([])
    expect(doorkeeper.heldBytes).toBe(0)
  })

  test('behavior: while our own thread slept nobody was slow', async () => {
    const { clock, refused, sit, ask } = setUp({ sendingMs: 1000 })
    ask(sit('a'), 'a', { isSent: false })
    await settle()
    clock.oversleep(60_000)
    expect(refused).toEqual([])
  })

  test('error: overloaded: beyond what may be held, the oldest has to go', async () => {
    const { doorkeeper, refused, sit, ask } = setUp({ heldBytes: 10 * MIB })
    const seats = Array.from({ length: 5 }, (_, i) => sit(String(i)))
    for (const seat of seats) {
      for (let i = 0; i < 3; i++) ask(seat, '', { answerBytes: MIB, isSent: false })
      await settle()
      expect(doorkeeper.heldBytes).toBeLessThanOrEqual(10 * MIB)
    }
    expect(refused).toEqual(['0 overloaded', '1 overloaded'])
    expect(doorkeeper.heldBytes).toBe(9 * MIB)
  })

  test('behavior: requests that wait for their turn are held as well', async () => {
    const { doorkeeper, refused, sit, ask } = setUp({ heldBytes: 3 * MIB, servedAtOnce: 1 })
    const [greedy, honest] = [sit('greedy'), sit('honest')]
    for (let i = 0; i < 3; i++) ask(greedy, 'greedy', { bytes: 200 * KIB, isRead: false })
    expect(doorkeeper.heldBytes).toBe(3 * 200 * KIB * REQUEST_MEMORY_FACTOR)
    ask(honest, 'honest', { bytes: 200 * KIB, isRead: false })
    expect(refused).toEqual(['greedy overloaded'])
    expect(doorkeeper.heldBytes).toBe(200 * KIB * REQUEST_MEMORY_FACTOR)
  })

  test('error: tooManyStreams: of one peer, and of all; who leaves makes room', () => {
    const { sit } = setUp({ streamsPerPeer: 2, streams: 3 })
    const first = sit('a')
    sit('a')
    expect(() => sit('a')).toThrow(expect.objectContaining({ code: 'tooManyStreams' }))
    sit('b')
    expect(() => sit('c')).toThrow(expect.objectContaining({ code: 'tooManyStreams' }))
    first.leave()
    first.leave()
    sit('a')
    expect(() => sit('c')).toThrow(expect.objectContaining({ code: 'tooManyStreams' }))
  })

  test('behavior: who leaves takes everything along', async () => {
    const { clock, doorkeeper, begun, reads, sends, sit, ask } = setUp({ servedAtOnce: 2 })
    const [one, other] = [sit('a'), sit('a')]
    ask(one, 'sending', { isSent: false })
    await settle()
    ask(one, 'reading', { isRead: false })
    ask(one, 'waiting')
    ask(other, 'other')
    one.leave()
    expect(doorkeeper.heldBytes).toBe(100 * REQUEST_MEMORY_FACTOR)
    sends.shift()?.()
    reads.shift()?.()
    await settle()
    expect(begun).toEqual(['sending', 'reading', 'other'])
    other.leave()
    expect([doorkeeper.heldBytes, clock.pending]).toEqual([0, []])
  })

  test('behavior: a connection carries no more at a time than it may, but for an answer alone', async () => {
    const { sends, sit, ask, doorkeeper } = setUp()
    const [one, other] = [sit('a', 2 * MIB), sit('a', 2 * MIB)]
    for (const seat of [one, other, one]) ask(seat, 'a', { answerBytes: 900 * KIB, isSent: false })
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
    expect(doorkeeper.heldBytes).toBe(0)
  })

  test('behavior: an answer that waits for others of its peer has its time when it is sent', async () => {
    const { clock, refused, sit, ask, sends } = setUp({ sendingMs: 1000 })
    const a = sit('a', MIB)
    for (let i = 0; i < 2; i++) ask(a, 'a', { answerBytes: MIB, isSent: false })
    await clock.pass(999)
    sends[0]?.()
    await clock.pass(999)
    expect([sends.length, refused]).toEqual([2, []])
    await clock.pass(1)
    expect(refused).toEqual(['a slowReader'])
  })
})

import { concatBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Gcra } from '../../protocol/gcra.ts'
import { ManualClock } from '../../testing/manual-clock.ts'
import { YamuxMeter } from './yamux-meter.ts'

const [DATA, WINDOW_UPDATE, PING, GO_AWAY] = [0, 1, 2, 3]
const [SYN, ACK, FIN, RST] = [1, 2, 4, 8]

function frame(type: number, flags: number, length: number, body = new Uint8Array()): Uint8Array {
  const header = new Uint8Array(12)
  const view = new DataView(header.buffer)
  view.setUint8(1, type)
  view.setUint16(2, flags)
  view.setUint32(4, 0xffffffff)
  view.setUint32(8, length)
  return concatBytes(header, body)
}

const flags = fc.constantFrom(0, ACK, FIN, RST, ACK | FIN)
const frames = fc.array(
  fc.oneof(
    fc
      .tuple(flags, fc.integer({ min: 0, max: 1000 }))
      .map(([flag, length]) => frame(DATA, flag, length, new Uint8Array(length).fill(0xff))),
    fc
      .tuple(fc.constantFrom(WINDOW_UPDATE, GO_AWAY), flags, fc.integer({ min: 0, max: 2 ** 32 - 1 }))
      .map(([type, flag, length]) => frame(type, flag, length)),
  ),
)
const cuts = fc.array(fc.integer({ min: 0, max: 5000 }))

function setUp() {
  const clock = new ManualClock()
  const limits = {
    maxFrameBytes: 1000,
    smallFrameBytes: 10,
    smallFrames: { perSecond: 1_000, burst: 1_000 },
    streams: { perSecond: 10, burst: 10 },
    pings: { perSecond: 1, burst: 2 },
  }
  const host = new Gcra({ perSecond: 2_000, burst: 1_500 }, clock)
  const create = () => new YamuxMeter(limits, clock, () => host)
  return { clock, create, meter: create() }
}

function accepts(stream: Uint8Array, at: readonly number[]): boolean {
  const { meter } = setUp()
  const edges = [0, ...at.map((cut) => Math.min(cut, stream.length)), stream.length].sort((a, b) => a - b)
  return edges.slice(1).every((edge, i) => meter.accepts(stream.subarray(edges[i], edge)))
}

describe('YamuxMeter', () => {
  test('default: accepts frames up to the largest, however they are cut', () => {
    fc.assert(fc.property(frames, cuts, (list, at) => accepts(concatBytes(...list), at)))
  })

  test('behavior: refuses a larger data frame at its header, however many came before', () => {
    const larger = fc.integer({ min: 1001, max: 2 ** 32 - 1 }).map((length) => frame(DATA, 0, length))
    fc.assert(fc.property(frames, larger, cuts, (list, last, at) => !accepts(concatBytes(...list, last), at)))
  })

  test.each([
    ['pings', 2, 1000, frame(PING, SYN, 7)],
    ['streams that begin with a window', 10, 100, frame(WINDOW_UPDATE, SYN, 0)],
    ['streams that begin with data', 10, 100, frame(DATA, SYN, 1, Uint8Array.of(1))],
  ])('behavior: refuses %s that come too fast', (_, burst, pauseMs, bytes) => {
    const { clock, meter } = setUp()
    for (let i = 0; i < burst; i++) expect(meter.accepts(bytes)).toBe(true)
    for (let i = 0; i < 100; i++) {
      clock.advance(pauseMs)
      expect(meter.accepts(bytes)).toBe(true)
    }
    expect(meter.accepts(bytes)).toBe(false)
  })

  test.each([
    ['window updates', frame(WINDOW_UPDATE, 0, 1)],
    ['empty data', frame(DATA, 0, 0)],
    ['data of a byte', frame(DATA, 0, 1, Uint8Array.of(0))],
    ['resets', frame(WINDOW_UPDATE, RST, 0)],
    ['ends', frame(DATA, FIN, 0)],
    ['goings away', frame(GO_AWAY, 0, 0)],
  ])('behavior: refuses %s without end, of a connection and of all those of a host', (_, bytes) => {
    const { clock, create } = setUp()
    const accepted = (meter: YamuxMeter) => {
      for (let i = 0; i < 10_000; i++) if (!meter.accepts(bytes)) return i
      return Number.POSITIVE_INFINITY
    }
    expect([accepted(create()), accepted(create()), accepted(create())]).toEqual([1_000, 500, 0])
    clock.advance(100)
    expect(accepted(create())).toBe(200)
  })

  test('behavior: data of some length is not counted', () => {
    const { meter } = setUp()
    const bytes = frame(DATA, 0, 10, new Uint8Array(10))
    for (let i = 0; i < 10_000; i++) expect(meter.accepts(bytes)).toBe(true)
  })

  test.each([
    ['a type that there is not', frame(4, 0, 0)],
    ['a version that there is not', Uint8Array.of(1, ...frame(DATA, 0, 0).subarray(1))],
  ])('behavior: refuses %s', (_, bytes) => {
    expect(setUp().meter.accepts(bytes)).toBe(false)
  })
})

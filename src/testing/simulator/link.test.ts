import { beforeEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { Link } from './link.ts'
import { settlePromises, VirtualClock } from './virtual-clock.ts'

let clock: VirtualClock
/** Arrivals at the tab: the time, and the first byte of each chunk. */
let received: [at: number, byte: number][]
let ends: (string | undefined)[]

beforeEach(() => {
  clock = new VirtualClock()
  received = []
  ends = []
})

function connect(quality: { serviceMs?: number } = {}): Link {
  const line = { roundTripMs: 100, jitterMs: 0, bytesPerMs: 10, serviceMs: 0, ...quality }
  const link = new Link({ ...line, clock, random: seededRandom(1) })
  const onChunk = (chunk: Uint8Array) => received.push([clock.now(), chunk[0]!])
  link.tab.open({ onChunk, onClose: (error) => ends.push(error?.message) })
  return link
}

async function finish(): Promise<void> {
  do await settlePromises()
  while (clock.fireNext())
}

const frame = (byte: number, length = 1000) => [new Uint8Array(length).fill(byte)]

describe('Link', () => {
  test('default: a frame takes half a round trip and its bytes, and waits for those before it', async () => {
    const link = connect()
    await Promise.all([link.server.send(frame(1)), link.server.send(frame(2))])
    expect(link.bytesToTab).toBe(2000)
    await finish()
    expect(received).toEqual([
      [150, 1],
      [250, 2],
    ])
    expect(link.bytesToTab).toBe(0)
  })

  test('behavior: an orderly end comes behind what was sent; a cut loses what is on its way', async () => {
    const orderly = connect()
    await orderly.server.send(frame(1))
    orderly.server.close()
    await finish()
    expect([received.length, ends]).toEqual([1, [undefined]])
    const lost = connect()
    await lost.server.send(frame(2))
    lost.cut()
    await finish()
    expect([received.length, ends]).toEqual([1, [undefined, 'the connection was lost']])
    await expect(lost.server.send(frame(3))).rejects.toThrow('closed')
  })

  test('behavior: requests but for the first frame overtake each other at a server that takes its time', async () => {
    const link = connect({ serviceMs: 1000 })
    const order: number[] = []
    link.server.open({ onChunk: (chunk) => order.push(chunk[0]!), onClose: () => {} })
    for (let i = 0; i < 20; i++) void link.tab.send(frame(i, 1))
    await finish()
    expect(order[0]).toBe(0)
    expect(order).not.toEqual(order.toSorted((a, b) => a - b))
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  test('behavior: a sender with much on its way waits', async () => {
    const link = connect()
    let accepted = 0
    void link.server.send(frame(1, 1_000_000)).then(() => {
      accepted = clock.now()
    })
    await finish()
    expect(accepted).toBeGreaterThan(50_000)
    expect(accepted).toBeLessThan(100_000)
  })
})

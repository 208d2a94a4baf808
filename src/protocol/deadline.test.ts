import { describe, expect, test } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { Deadline } from './deadline.ts'

function setUp() {
  const clock = new ManualClock()
  const past: number[] = []
  return { clock, past, deadline: new Deadline(clock, 5_000, () => past.push(clock.now())) }
}

describe('Deadline', () => {
  test('default: passes once, when its time is over', () => {
    const { clock, past, deadline } = setUp()
    deadline.start()
    clock.advance(4_999)
    expect([past, deadline.isRunning]).toEqual([[], true])
    clock.advance(60_000)
    expect([past, deadline.isRunning]).toEqual([[5_000], false])
  })

  test('behavior: begins again, and stops', () => {
    const { clock, past, deadline } = setUp()
    deadline.start()
    clock.advance(4_000)
    deadline.start()
    clock.advance(4_000)
    expect([past, clock.pending]).toEqual([[], [1_000]])
    deadline.stop()
    deadline.stop()
    clock.advance(60_000)
    expect([past, clock.pending]).toEqual([[], []])
  })

  test('behavior: a thread that slept gives its whole time again', () => {
    const { clock, past, deadline } = setUp()
    deadline.start()
    clock.oversleep(3_600_000)
    expect([past, clock.pending]).toEqual([[], [5_000]])
    clock.advance(5_000)
    expect(past).toEqual([3_605_000])
  })
})

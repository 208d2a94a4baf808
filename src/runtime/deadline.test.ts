import { describe, expect, test } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { LATE_TURN_MS, MAX_LATE_STARTS } from './constants.ts'
import { Deadline, startDeadline } from './deadline.ts'

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

  test('behavior: a timer that is a little late gives what waits on the thread its turn', () => {
    const { clock, past, deadline } = setUp()
    deadline.start()
    clock.oversleep(5_900)
    expect([past, clock.pending]).toEqual([[], [LATE_TURN_MS]])
    deadline.stop()
    clock.advance(60_000)
    expect(past).toEqual([])
  })

  test('behavior: it passes in the end, also where every timer is late', () => {
    const { clock, past, deadline } = setUp()
    deadline.start()
    for (let minute = 0; minute < MAX_LATE_STARTS; minute++) clock.oversleep(60_000)
    expect(past).toEqual([])
    clock.oversleep(60_000)
    expect(past).toEqual([(MAX_LATE_STARTS + 1) * 60_000])
  })

  test('behavior: time without a network is not used up, for however long, unless it counts', () => {
    const { clock, past, deadline } = setUp()
    deadline.start()
    const counting: number[] = []
    startDeadline(clock, 5_000, () => counting.push(clock.now()), { countsOffline: true })
    clock.advance(2_000)
    clock.isOnline = false
    clock.advance(3_600_000)
    expect([past, counting]).toEqual([[], [5_000]])
    clock.isOnline = true
    clock.advance(10_000)
    expect(past).toHaveLength(1)
  })

  test('behavior: a network that was away for a moment has cost an answer', () => {
    const { clock, past, deadline } = setUp()
    deadline.start()
    clock.advance(2_000)
    clock.isOnline = false
    clock.advance(10)
    clock.isOnline = true
    clock.advance(4_000)
    expect(past).toEqual([])
    clock.advance(4_000)
    expect(past).toEqual([10_000])
  })
})

import { beforeEach, describe, expect, test } from 'vitest'
import { ManualClock, settle } from '../testing/manual-clock.ts'
import { FIRST_ROOM_RETRY_MS, MAX_ROOM_RETRY_MS } from './constants.ts'
import type { SyncError } from './errors.ts'
import { StoragePause } from './storage-pause.ts'

const CAUSE = new Error('full')

let clock: ManualClock
let told: SyncError[]
let due: number[]

beforeEach(() => {
  clock = new ManualClock()
  told = []
  due = []
})

function pauseWith(estimate = async () => ({ usage: 8 as number | null, quota: 10 as number | null })): StoragePause {
  const onPaused = (error: SyncError) => void told.push(error)
  return new StoragePause({ clock, estimate, onPaused, onDue: () => due.push(clock.now()) })
}

describe('StoragePause', () => {
  test('default: it is told once, with the numbers, however often a try fails', async () => {
    const pause = pauseWith()
    pause.begin(CAUSE)
    await settle()
    expect(told).toMatchObject([{ code: 'quotaExceeded', details: { usage: 8, quota: 10 }, cause: CAUSE }])
    pause.begin(CAUSE)
    await settle()
    expect(told).toHaveLength(1)
    pause.end()
    pause.begin(CAUSE)
    await settle()
    expect(told).toHaveLength(2)
  })

  test('behavior: tries are due at distances that double up to the longest, and begin anew with the next pause', () => {
    const pause = pauseWith()
    const distances = Array.from({ length: 8 }, () => {
      pause.begin(CAUSE)
      const before = clock.now()
      clock.advance(MAX_ROOM_RETRY_MS)
      expect(pause.takeTurn()).toBe(true)
      expect(pause.takeTurn()).toBe(false)
      return due.at(-1)! - before
    })
    expect(distances).toEqual([2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000))
    pause.end()
    pause.begin(CAUSE)
    expect(clock.pending).toEqual([FIRST_ROOM_RETRY_MS])
  })

  test('behavior: hurry makes the next try due at once; without a pause it does nothing', () => {
    const pause = pauseWith()
    pause.hurry()
    expect(due).toEqual([])
    pause.begin(CAUSE)
    pause.hurry()
    expect(due).toEqual([0])
    expect(pause.takeTurn()).toBe(true)
    expect(clock.pending).toEqual([])
  })

  test('behavior: an estimate that comes after the end of its pause is told of neither this pause nor the next', async () => {
    const answers: (() => void)[] = []
    const pause = pauseWith(async () => {
      await new Promise<void>((resolve) => void answers.push(resolve))
      return { usage: answers.length, quota: 10 }
    })
    pause.begin(CAUSE)
    pause.end()
    pause.begin(CAUSE)
    answers[0]!()
    await settle()
    expect(told).toEqual([])
    answers[1]!()
    await settle()
    expect(told).toHaveLength(1)
  })

  test('behavior: a browser that does not say how much it grants leaves the numbers null', async () => {
    const pause = pauseWith(() => Promise.reject(new Error('refused')))
    pause.begin(CAUSE)
    await settle()
    expect(told).toMatchObject([{ code: 'quotaExceeded', details: { usage: null, quota: null } }])
  })
})

import { afterEach, describe, expect, test, vi } from 'vitest'
import { ManualClock } from '../../testing/manual-clock.ts'
import { QUOTA_TIMEOUT_MS } from '../constants.ts'
import { readQuota } from './quota.ts'

const nothing = { usage: null, quota: null, persisted: null }

/** Sets the browser's answers. */
function answers(estimate: () => Promise<unknown>, persisted: () => Promise<unknown>): void {
  vi.stubGlobal('navigator', { storage: { estimate, persisted } })
}

afterEach(() => vi.unstubAllGlobals())

describe('readQuota', () => {
  test('default: what the browser says', async () => {
    answers(
      async () => ({ usage: 1, quota: 2 }),
      async () => true,
    )
    expect(await readQuota(new ManualClock())).toEqual({ usage: 1, quota: 2, persisted: true })
  })

  test('behavior: a browser that refuses, or has no such thing, says nothing', async () => {
    answers(
      () => Promise.reject(new Error('no')),
      () => Promise.reject(new Error('no')),
    )
    expect(await readQuota(new ManualClock())).toEqual(nothing)
    vi.stubGlobal('navigator', {})
    expect(await readQuota(new ManualClock())).toEqual(nothing)
  })

  test('behavior: a browser that does not answer is waited for in bounded time', async () => {
    const clock = new ManualClock()
    answers(
      () => new Promise(() => {}),
      async () => false,
    )
    const quota = readQuota(clock)
    await clock.pass(QUOTA_TIMEOUT_MS)
    expect(await quota).toEqual({ ...nothing, persisted: false })
  })
})

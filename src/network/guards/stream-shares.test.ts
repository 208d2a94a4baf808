import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../testing/manual-clock.ts'
import { StreamShares } from './stream-shares.ts'

const rates = { host: { perSecond: 10, burst: 50 }, connection: { perSecond: 1, burst: 4 } }

/** Returns how many of `count` streams, opened at once, a connection gets. */
const opened = (opens: () => boolean, count: number) => Array.from({ length: count }, opens).filter(Boolean).length

describe('StreamShares', () => {
  test('behavior: sixty connections of one host open what one could, and what each may beyond that', () => {
    const clock = new ManualClock()
    const shares = new StreamShares(rates, clock)
    const crowd = Array.from({ length: 60 }, () => shares.of('hostile'))
    const total = () => crowd.reduce((sum, opens) => sum + opened(opens, 100), 0)
    expect(total()).toBe(50 + 60 * 4)
    clock.advance(1_000)
    expect(total()).toBe(10 + 60)
  })

  test('behavior: who opens few is let beside a crowd of its own host, and others do not notice it', () => {
    const clock = new ManualClock()
    const shares = new StreamShares(rates, clock)
    opened(shares.of('hostile'), 1_000)
    expect(opened(shares.of('hostile'), 10)).toBe(4)
    expect(opened(shares.of('other'), 50)).toBe(50)
  })
})

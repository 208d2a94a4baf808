import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { Gcra } from './gcra.ts'

const rates = fc.record({
  perSecond: fc.integer({ min: 1, max: 1_000_000 }),
  burst: fc.integer({ min: 1, max: 10_000 }),
})
/** Pauses in milliseconds, and the amount wanted after each. */
const histories = fc.array(fc.tuple(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 10_000 })), {
  maxLength: 60,
})

describe('Gcra', () => {
  test('default: gives a burst, then as much as time brings, and saves no more than a burst', () => {
    const clock = new ManualClock()
    const gcra = new Gcra({ perSecond: 10, burst: 5 }, clock)
    const taken = () => {
      let count = 0
      for (; gcra.waitMs(1) === 0; count++) gcra.take(1)
      return count
    }
    expect(taken()).toBe(5)
    expect(gcra.waitMs(1)).toBe(100)
    clock.advance(50)
    expect([gcra.waitMs(1), gcra.waitMs(2)]).toEqual([50, 150])
    clock.advance(50)
    expect(taken()).toBe(1)
    clock.advance(60_000)
    expect(gcra.isPaid).toBe(true)
    expect(taken()).toBe(5)
    expect(gcra.isPaid).toBe(false)
  })

  test('behavior: more than a burst waits for a full one, and is paid for by those that follow', () => {
    const clock = new ManualClock()
    const gcra = new Gcra({ perSecond: 10, burst: 5 }, clock)
    expect(gcra.waitMs(50)).toBe(0)
    gcra.take(50)
    expect([gcra.waitMs(0), gcra.waitMs(1), gcra.waitMs(50)]).toEqual([4500, 4600, 5000])
  })

  test('behavior: in no stretch of time is more taken than a burst and what the rate brings', () => {
    fc.assert(
      fc.property(rates, histories, (rate, history) => {
        const clock = new ManualClock()
        const gcra = new Gcra(rate, clock)
        const takes: { at: number; amount: number }[] = []
        for (const [pauseMs, wanted] of history) {
          clock.advance(pauseMs)
          const amount = Math.min(wanted, rate.burst)
          if (gcra.waitMs(amount) > 0) continue
          gcra.take(amount)
          takes.push({ at: clock.now(), amount })
        }
        for (const [first, { at }] of takes.entries()) {
          let sum = 0
          for (const take of takes.slice(first)) {
            sum += take.amount
            const most = rate.burst + ((take.at - at) * rate.perSecond) / 1000
            if (sum > most * (1 + 1e-9) + 1e-6) return false
          }
        }
        return true
      }),
    )
  })

  test('behavior: what it says to wait is enough, and a millisecond less is not', () => {
    fc.assert(
      fc.property(rates, histories, (rate, history) => {
        const clock = new ManualClock()
        const gcra = new Gcra(rate, clock)
        for (const [pauseMs, amount] of history) {
          clock.advance(pauseMs)
          const waitMs = gcra.waitMs(amount)
          if (waitMs > 1) {
            clock.advance(waitMs - 1)
            if (gcra.waitMs(amount) !== 1) return false
            clock.advance(1)
          } else clock.advance(waitMs)
          if (gcra.waitMs(amount) !== 0) return false
          gcra.take(amount)
        }
        return true
      }),
    )
  })

  test('behavior: who keeps to the rate never waits', () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 100 }), (rate, count) => {
        const clock = new ManualClock()
        const gcra = new Gcra(rate, clock)
        for (let i = 0; i < count; i++) {
          if (gcra.waitMs(rate.burst) !== 0) return false
          gcra.take(rate.burst)
          clock.advance((rate.burst * 1000) / rate.perSecond)
        }
        return true
      }),
    )
  })
})

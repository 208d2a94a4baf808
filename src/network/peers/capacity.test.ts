import { describe, expect, test } from 'vitest'
import {
  MAX_REQUEST_BYTES,
  MAX_TIMEOUT_MS,
  MIN_REQUEST_BYTES,
  MIN_TIMEOUT_MS,
  START_REQUEST_BYTES,
  START_TIMEOUT_MS,
  TARGET_ROUND_TRIP_MS,
} from '../constants.ts'
import { Capacity } from './capacity.ts'

describe('Capacity', () => {
  test('default: begins in the middle, and waits patiently', () => {
    const capacity = new Capacity()
    expect(capacity.requestBytes()).toBe(START_REQUEST_BYTES)
    expect(capacity.timeoutMs(MAX_REQUEST_BYTES)).toBe(START_TIMEOUT_MS)
    expect([capacity.bytesPerSecond, capacity.roundTripMs]).toEqual([0, 0])
  })

  test('behavior: the first measurement counts fully, later ones a tenth', () => {
    const capacity = new Capacity()
    capacity.measure(100_000, 250)
    expect(capacity.bytesPerSecond).toBeCloseTo(400_000)
    expect(capacity.roundTripMs).toBe(250)
    expect(capacity.requestBytes()).toBe(200_000)
    capacity.measure(100_000, 500)
    expect(capacity.bytesPerSecond).toBeCloseTo(380_000)
    expect(capacity.roundTripMs).toBe(275)
  })

  test('behavior: a request stays between its smallest and its largest size', () => {
    const fast = new Capacity()
    fast.measure(100 * MAX_REQUEST_BYTES, 1)
    expect(fast.requestBytes()).toBe(MAX_REQUEST_BYTES)
    const slow = new Capacity()
    slow.measure(1, 60_000)
    expect(slow.requestBytes()).toBe(MIN_REQUEST_BYTES)
  })

  test('behavior: a measurement of no time at all is a fast one', () => {
    const capacity = new Capacity()
    capacity.measure(1000, 0)
    expect(capacity.bytesPerSecond).toBe(1_000_000)
  })

  test('behavior: comes to rest where a request takes the target round trip', () => {
    const capacity = new Capacity()
    const [latencyMs, bytesPerMs] = [100, 1500]
    for (let i = 0; i < 200; i++) {
      const bytes = capacity.requestBytes()
      capacity.measure(bytes, latencyMs + bytes / bytesPerMs)
    }
    const expected = (TARGET_ROUND_TRIP_MS - latencyMs) * bytesPerMs
    expect(capacity.requestBytes() / expected).toBeGreaterThan(0.95)
    expect(capacity.requestBytes() / expected).toBeLessThan(1.05)
  })

  test('behavior: six timeouts bring the largest request to the smallest', () => {
    const capacity = new Capacity()
    capacity.measure(1000 * MAX_REQUEST_BYTES, 1)
    const sizes = Array.from({ length: 7 }, () => {
      capacity.halve()
      return capacity.requestBytes()
    })
    expect(sizes).toEqual([512, 256, 128, 64, 32, 16, 16].map((kib) => kib * 1024))
  })

  test('behavior: waits for three round trips and the bytes, within limits', () => {
    const capacity = new Capacity()
    capacity.measure(1_000_000, 2000)
    expect(capacity.timeoutMs(1_000_000)).toBe(8000)
    expect(capacity.timeoutMs(1_000_000_000)).toBe(MAX_TIMEOUT_MS)
    const fast = new Capacity()
    fast.measure(1_000_000, 10)
    expect(fast.timeoutMs(1_000_000)).toBe(MIN_TIMEOUT_MS)
  })
})

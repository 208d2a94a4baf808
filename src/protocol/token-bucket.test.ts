import { describe, expect, test } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

describe('TokenBucket', () => {
  test('default: gives a burst, then as much as time brings', () => {
    let now = 0
    const bucket = new TokenBucket(10, { now: () => now, after: () => () => {} })
    const taken = () => Array.from({ length: 12 }, () => bucket.take()).filter((waitMs) => waitMs === 0).length
    expect(taken()).toBe(10)
    expect(bucket.take()).toBe(100)
    now = 50
    expect(bucket.take()).toBe(50)
    now = 100
    expect(taken()).toBe(1)
    now = 60_000
    expect(taken()).toBe(10)
  })
})

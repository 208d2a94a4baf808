import { describe, expect, test } from 'vitest'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatElapsed,
  formatEther,
  formatFraction,
  formatRate,
  shorten,
} from './format.ts'

describe('formatCount', () => {
  test('default: groups the thousands', () => {
    expect(formatCount(0)).toBe('0')
    expect(formatCount(12356)).toBe('12,356')
    expect(formatCount(2n ** 64n)).toBe('18,446,744,073,709,551,616')
  })
})

describe('formatBytes', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [9994, '9.99 kB'],
    [9995, '10.0 kB'],
    [99_949, '99.9 kB'],
    [99_950, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [1_480_123, '1.48 MB'],
    [2e15, '2000 TB'],
  ])('default: %d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })
})

describe('formatRate', () => {
  test('default: says "a second"', () => {
    expect(formatRate(180_000)).toBe('180 kB/s')
  })
})

describe('formatDuration', () => {
  test.each([
    [null, '–'],
    [Number.POSITIVE_INFINITY, '–'],
    [0, '0.0 s'],
    [9949, '9.9 s'],
    [9950, '10 s'],
    [59_499, '59 s'],
    [59_500, '1 min 00 s'],
    [200_000, '3 min 20 s'],
    [3_599_500, '1 h 00 min'],
    [7_500_000, '2 h 05 min'],
    [7_199_000, '2 h 00 min'],
  ])('default: %s is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})

describe('formatElapsed', () => {
  test('default: milliseconds, and seconds where they are long', () => {
    expect([0.84, 9.94, 9.95, 999.4, 999.5, 12_000].map(formatElapsed)).toEqual([
      '0.8 ms',
      '9.9 ms',
      '10 ms',
      '999 ms',
      '1.0 s',
      '12 s',
    ])
  })
})

describe('formatFraction', () => {
  test('default: one decimal', () => {
    expect(formatFraction(0)).toBe('0.0 %')
    expect(formatFraction(0.4312)).toBe('43.1 %')
  })

  test('behavior: 100 % is said of the whole only', () => {
    expect(formatFraction(0.99999)).toBe('99.9 %')
    expect(formatFraction(1)).toBe('100 %')
  })
})

describe('formatEther', () => {
  test.each([
    [0n, '0 ETH'],
    [1n, '0.000000000000000001 ETH'],
    [10n ** 18n, '1 ETH'],
    [11901484239480000000000000n, '11,901,484.23948 ETH'],
  ])('default: %d wei is %s', (wei, text) => {
    expect(formatEther(wei)).toBe(text)
  })
})

describe('shorten', () => {
  test('default: keeps the ends', () => {
    expect(shorten('0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544')).toBe('0xd7f8974f…0f0544')
  })

  test('behavior: leaves alone what would not become shorter', () => {
    expect(shorten('0123456789abcdef0')).toBe('0123456789abcdef0')
  })
})

import { describe, expect, test } from 'vitest'
import { parseCount } from './number.ts'

const coded = (code: string) => expect.objectContaining({ code })

describe('parseCount', () => {
  test.each([-1, 1.5, '1', 1n, undefined, Number.POSITIVE_INFINITY])('error: %s', (value) => {
    expect(() => parseCount('blockNumber', value)).toThrow(coded('badNumber'))
  })

  test('default: a non-negative integer', () => {
    expect(parseCount('blockNumber', 0)).toBe(0)
  })
})

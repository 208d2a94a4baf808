import { describe, expect, test } from 'vitest'
import { parseCount, parseRoot } from './input.ts'

const ROOT = `0x${'ab'.repeat(32)}`
const coded = (code: string) => expect.objectContaining({ code })

describe('parseRoot', () => {
  test('default: 32 bytes', () => {
    expect(parseRoot(ROOT)).toEqual(new Uint8Array(32).fill(0xab))
  })

  test.each([
    ROOT.slice(2),
    ROOT.slice(0, -2),
    `${ROOT}00`,
    `0x${'zz'.repeat(32)}`,
    '',
    undefined as unknown as string,
  ])('error: %s', (root) => {
    expect(() => parseRoot(root)).toThrow(coded('badRootText'))
  })
})

describe('parseCount', () => {
  test.each([-1, 1.5, '1', 1n, undefined, Number.POSITIVE_INFINITY])('error: %s', (value) => {
    expect(() => parseCount('blockNumber', value)).toThrow(coded('badNumber'))
  })

  test('default: a non-negative integer', () => {
    expect(parseCount('blockNumber', 0)).toBe(0)
  })
})

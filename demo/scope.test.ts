import { describe, expect, test } from 'vitest'
import { mappingSlot } from './mapping-slot.ts'
import { isKept, keptBy, watchedTarget } from './scope.ts'

const ROOT = `0x${'1'.repeat(64)}`
const OTHER_ROOT = `0x${'2'.repeat(64)}`
const [A, B, TOKEN] = ['a', 'b', 'c'].map((digit) => `0x${digit.repeat(40)}`) as [string, string, string]

describe('watchedTarget', () => {
  test('default: the accounts, and of the token what they have', () => {
    expect(watchedTarget(ROOT, [A], null)).toEqual({ root: ROOT, accounts: [A] })
    expect(watchedTarget(ROOT, [A], { address: TOKEN, balancesSlot: 3 })).toEqual({
      root: ROOT,
      accounts: [A],
      storage: { [TOKEN]: [mappingSlot(A, 3n)] },
    })
  })
})

describe('isKept', () => {
  test('default: what was asked for, under its own root', () => {
    const watched = keptBy({ root: ROOT, accounts: [A] })
    expect([isKept(watched, A, ROOT), isKept(watched, B, ROOT), isKept(watched, A, OTHER_ROOT)]).toEqual([
      true,
      false,
      false,
    ])
    expect(isKept(keptBy({ root: ROOT }), B, ROOT)).toBe(true)
    expect(isKept(null, A, ROOT)).toBe(false)
  })
})

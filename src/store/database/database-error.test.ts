import { describe, expect, test } from 'vitest'
import { codedError, isUnreadable } from './database-error.ts'

const CASES = [
  ['QuotaExceededError', 'quotaExceeded'],
  ['VersionError', 'databaseTooNew'],
  ['InvalidStateError', 'databaseClosed'],
  ['AbortError', 'databaseClosed'],
  ['UnknownError', 'databaseFailed'],
] as const

describe('codedError', () => {
  for (const [name, code] of CASES) {
    test(`error: ${name} is ${code}, and the cause is kept`, () => {
      const cause = new DOMException('as the browser says', name)
      expect(codedError(cause)).toMatchObject({ code, cause })
    })
  }

  test('error: what is no DOMException is databaseFailed', () => {
    expect(codedError('text')).toMatchObject({ code: 'databaseFailed', cause: 'text' })
  })
})

describe('isUnreadable', () => {
  test('default: a value whose file is lost, and nothing else', () => {
    expect(isUnreadable(new DOMException('', 'NotReadableError'))).toBe(true)
    expect(isUnreadable(new DOMException('', 'DataError'))).toBe(true)
    expect(isUnreadable(new DOMException('', 'AbortError'))).toBe(false)
  })
})

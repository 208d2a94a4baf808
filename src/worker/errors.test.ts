import { describe, expect, test } from 'vitest'
import { RootlightError } from '../runtime/error.ts'
import { fromPlainError } from './errors.ts'
import { toPlainError } from './to-plain-error.ts'

const crossed = (error: unknown) => fromPlainError(structuredClone(toPlainError(error)))

describe('fromPlainError', () => {
  test('default: a coded error keeps its code, message, details and causes', () => {
    const inner = new RootlightError('badNode', 'inner', { details: { at: 3 } })
    const outer = new RootlightError('badRoot', 'outer', { details: { path: 'ab' }, cause: inner })
    const error = crossed(outer)
    expect(error).toBeInstanceOf(RootlightError)
    expect(error).toMatchObject({ code: 'badRoot', message: 'outer', details: { path: 'ab' } })
    expect(error.cause).toMatchObject({ code: 'badNode', message: 'inner', details: { at: 3 } })
  })

  test('behavior: what had no code is internal, and its message is kept', () => {
    expect(crossed(new TypeError('x is not a function'))).toMatchObject({
      code: 'internal',
      cause: { message: 'x is not a function' },
    })
    expect(crossed('text')).toMatchObject({ code: 'internal', cause: { message: 'text' } })
  })

  test('behavior: causes that go in circles end', () => {
    const error = new Error('circle')
    error.cause = error
    expect(crossed(error).code).toBe('internal')
  })
})

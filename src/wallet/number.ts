/** Checks numbers passed in by the application. */
import { InputError } from './errors.ts'
import { describe } from './plain.ts'

/** Returns a count such as a block number. Throws `badNumber`. */
export function parseCount(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  const got = describe(value)
  throw new InputError('badNumber', `${name} is a non-negative integer, got ${got}`, { details: { name, got } })
}

/** Returns a limit: an integer of at least 1. Throws `badNumber`. */
export function parsePositive(name: string, value: unknown): number {
  const count = parseCount(name, value)
  if (count > 0) return count
  throw new InputError('badNumber', `${name} is at least 1, got ${count}`, { details: { name, got: String(count) } })
}

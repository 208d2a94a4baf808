/**
 * What an application passes in may be anything: a proxy of a framework, an object whose getters throw, a symbol. Each field is
 * read once, and what goes on from here is plain data, which crosses a port.
 */
import { InputError } from './errors.ts'

/** The error for an argument that is none. `name` is what the application calls it, `expected` what it has to be. */
export function badArgument(name: string, expected: string, got: unknown, cause?: unknown): InputError {
  const told = describe(got)
  return new InputError('badArgument', `${name} is ${expected}, got ${told}`, {
    details: { name, expected, got: told },
    cause,
  })
}

/** A value in a few words, whatever it is. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return value.length > 200 ? `${value.slice(0, 200)}…` : value
  if (typeof value === 'object' && value !== null) return isList(value) ? 'a list' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

/** The fields of an object with these names; those that are left out are `undefined`. Throws `badArgument`. */
export function fieldsOf<const Name extends string>(
  name: string,
  value: unknown,
  fields: readonly Name[],
  expected = `an object with ${fields.join(', ')}`,
): { readonly [field in Name]: unknown } {
  if (typeof value !== 'object' || value === null) throw badArgument(name, expected, value)
  const read = reading(name, expected, value, () => {
    // A list, a map or a set has none of them: it would pass for an object that leaves them all out.
    if (Symbol.iterator in value) return null
    return fields.map((field) => [field, (value as Record<string, unknown>)[field]] as const)
  })
  if (read === null) throw badArgument(name, expected, value)
  return Object.fromEntries(read) as { [field in Name]: unknown }
}

/** A copy of a list. Throws `badArgument`. */
export function listOf(name: string, value: unknown, expected = 'a list'): unknown[] {
  if (!isList(value)) throw badArgument(name, expected, value)
  return reading(name, expected, value, () => Array.from({ length: value.length }, (_, i) => value[i] as unknown))
}

/** A copy of a list of texts. Throws `badArgument`. */
export function textsOf(name: string, value: unknown): string[] {
  const expected = 'a list of texts'
  const items = listOf(name, value, expected)
  for (const item of items) if (typeof item !== 'string') throw badArgument(`an item of ${name}`, 'text', item)
  return items as string[]
}

/** Throws `badArgument` unless `value` has the type, or is left out where that may be. */
export function checkType(name: string, type: 'string' | 'boolean' | 'function', value: unknown): void {
  if (typeof value !== type) throw badArgument(name, type === 'string' ? 'text' : `a ${type}`, value)
}

/** A signal of any realm, and of any implementation, unless it is left out. Throws `badArgument`. */
export function checkSignal(name: string, signal: unknown): AbortSignal | undefined {
  if (signal === undefined) return undefined
  const expected = 'an AbortSignal'
  const isSignal = reading(name, expected, signal, () => {
    const { aborted, addEventListener, removeEventListener } = Object(signal) as Partial<AbortSignal>
    return [typeof aborted, typeof addEventListener, typeof removeEventListener].join() === 'boolean,function,function'
  })
  if (!isSignal) throw badArgument(name, expected, signal)
  return signal as AbortSignal
}

/** False for a proxy that was revoked: that one answers nothing. */
function isList(value: unknown): value is unknown[] {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}

/** Getters, and the traps of proxies, may throw. */
export function reading<T>(name: string, expected: string, value: unknown, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw badArgument(name, expected, value, cause)
  }
}

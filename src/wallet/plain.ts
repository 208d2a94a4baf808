/**
 * Turns arguments of the application into plain data. An argument may be anything: a framework's proxy, an object with
 * throwing getters, a symbol. Each field is read once. The result can cross a port.
 */
import { InputError } from './errors.ts'

/**
 * Returns the error for an invalid argument. `name` is the application's name of the argument, `expected` describes
 * valid values.
 */
export function badArgument(name: string, expected: string, got: unknown, cause?: unknown): InputError {
  const told = describe(got)
  return new InputError('badArgument', `${name} is ${expected}, got ${told}`, {
    details: { name, expected, got: told },
    cause,
  })
}

/** Returns a short description of any value. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return value.length > 200 ? `${value.slice(0, 200)}…` : value
  if (typeof value === 'object' && value !== null) return isList(value) ? 'a list' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

/** Returns the named fields of an object; missing fields are `undefined`. Throws `badArgument`. */
export function fieldsOf<const Name extends string>(
  name: string,
  value: unknown,
  fields: readonly Name[],
  expected = `an object with ${fields.join(', ')}`,
): { readonly [field in Name]: unknown } {
  if (typeof value !== 'object' || value === null) throw badArgument(name, expected, value)
  const read = reading(name, expected, value, () => {
    // A list, a map or a set has none of the fields, and would pass for an object without them.
    if (Symbol.iterator in value) return null
    return fields.map((field) => [field, (value as Record<string, unknown>)[field]] as const)
  })
  if (read === null) throw badArgument(name, expected, value)
  return Object.fromEntries(read) as { [field in Name]: unknown }
}

/** Returns a copy of a list. Throws `badArgument`. */
export function listOf(name: string, value: unknown, expected = 'a list'): unknown[] {
  if (!isList(value)) throw badArgument(name, expected, value)
  return reading(name, expected, value, () => Array.from({ length: value.length }, (_, i) => value[i] as unknown))
}

/** Returns a copy of a list of texts. Throws `badArgument`. */
export function textsOf(name: string, value: unknown): string[] {
  const expected = 'a list of texts'
  const items = listOf(name, value, expected)
  for (const item of items) if (typeof item !== 'string') throw badArgument(`an item of ${name}`, 'text', item)
  return items as string[]
}

/** Throws `badArgument` unless `value` has the type. */
export function checkType(name: string, type: 'string' | 'boolean' | 'function', value: unknown): void {
  if (typeof value !== type) throw badArgument(name, type === 'string' ? 'text' : `a ${type}`, value)
}

/** Returns a signal of any realm and any implementation, or `undefined`. Throws `badArgument`. */
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

/** Returns true for a list, and false for a revoked proxy, for which `Array.isArray` throws. */
function isList(value: unknown): value is unknown[] {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}

/** Returns the result of `read`. Throws `badArgument` if a getter or a proxy's trap throws. */
export function reading<T>(name: string, expected: string, value: unknown, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw badArgument(name, expected, value, cause)
  }
}

/** Checks of the arguments of hooks. A mistake becomes a coded error; no uncoded error breaks a render. */
import type { LightClient } from '../client.ts'
import { RootlightError } from '../runtime/error.ts'
import type { ReadAt } from '../worker/engine.ts'

/** Returns the client, or `null` while there is none yet. Throws `badArgument`. */
export function checkClient(client: unknown): LightClient | null {
  if (client === null || client === undefined) return null
  return checked('client', 'a LightClient, or null until there is one', () => {
    const { addEventListener, getAccount } = client as Partial<LightClient>
    return typeof addEventListener === 'function' && typeof getAccount === 'function' ? (client as LightClient) : null
  })
}

/** Returns the state to read at, if the options name one. The client checks the value. Throws `badArgument`. */
export function atOf(options: unknown): { at?: ReadAt } {
  if (options === undefined) return {}
  return checked('the options of a hook', 'an object with `at`', () => {
    if (typeof options !== 'object' || options === null) return null
    const { at } = options as { at?: ReadAt }
    return at === undefined ? {} : { at }
  })
}

/**
 * Returns a text telling valid values of an argument apart. All objects and functions are the same mistake, and share a
 * text by type.
 */
export function keyPart(value: unknown): string {
  return typeof value === 'object' || typeof value === 'function' ? typeof value : String(value)
}

/** Returns the value of `read`. Throws `badArgument` if `read` returns `null` or throws. */
function checked<T>(name: string, expected: string, read: () => T | null): T {
  let cause: unknown
  try {
    const value = read()
    if (value !== null) return value
  } catch (error) {
    cause = error // a getter, or the trap of a proxy
  }
  throw new RootlightError('badArgument', `${name} is ${expected}`, { details: { name, expected }, cause })
}

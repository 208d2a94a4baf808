/** What a component may pass to a hook by mistake: it is told in a coded error, and never breaks a render without one. */
import type { LightClient } from '../client.ts'
import { RootlightError } from '../runtime/error.ts'
import type { ReadAt } from '../worker/engine.ts'

/** `null` while there is none yet. Throws `badArgument`. */
export function checkClient(client: unknown): LightClient | null {
  if (client === null || client === undefined) return null
  return checked('client', 'a LightClient, or null until there is one', () => {
    const { addEventListener, getAccount } = client as Partial<LightClient>
    return typeof addEventListener === 'function' && typeof getAccount === 'function' ? (client as LightClient) : null
  })
}

/** Which root a read is about; the client says whether it is one. Throws `badArgument`. */
export function atOf(options: unknown): { at?: ReadAt } {
  if (options === undefined) return {}
  return checked('the options of a hook', 'an object with `at`', () => {
    if (typeof options !== 'object' || options === null) return null
    const { at } = options as { at?: ReadAt }
    return at === undefined ? {} : { at }
  })
}

/** Tells one value from another where it is one that a read takes; what is none is the same mistake. */
export function keyPart(value: unknown): string {
  return typeof value === 'object' || typeof value === 'function' ? typeof value : String(value)
}

/** What `read` answers; `null` is none. */
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

/**
 * EIP-6963: announces an application's own provider beside those of extensions, for libraries looking for providers.
 */

import { badArgument, checkType, fieldsOf } from '../plain.ts'
import type { Eip1193Provider } from './types.ts'

/** The description of a wallet in the announcement of EIP-6963. */
export interface ProviderInfo {
  readonly name: string
  /** A data URI of an image. */
  readonly icon: string
  /** A reversed domain name. */
  readonly rdns: string
  /** A version 4 UUID. Left out: a new one. */
  readonly uuid?: string
}

/**
 * Announces `provider` now and upon every request in the window. Returns a function to stop announcing. Throws
 * `badArgument`.
 */
export function announceProvider(provider: Eip1193Provider, info: ProviderInfo): () => void {
  checkType('provider.request', 'function', fieldsOf('provider', provider, ['request']).request)
  const { uuid = newUuid(), ...rest } = fieldsOf('the info of a provider', info, ['name', 'icon', 'rdns', 'uuid'])
  const told = { uuid, ...rest }
  for (const [name, value] of Object.entries(told)) checkType(name, 'string', value)
  const { window } = globalThis as { window?: Window }
  if (window === undefined) throw badArgument('announceProvider', 'called in a window', undefined)
  const detail = Object.freeze({ info: Object.freeze(told), provider })
  const announce = () => void window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }))
  window.addEventListener('eip6963:requestProvider', announce)
  announce()
  return () => window.removeEventListener('eip6963:requestProvider', announce)
}

/**
 * Returns a version 4 UUID of RFC 9562. `crypto.randomUUID` exists only in secure contexts; random bytes exist
 * everywhere.
 */
function newUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** EIP-6963: an application's own provider beside those of extensions, for libraries that look for them. */
import type { Eip1193Provider } from './types.ts'

export interface ProviderInfo {
  readonly name: string
  /** A data URI of an image. */
  readonly icon: string
  /** A domain name, reversed. */
  readonly rdns: string
  /** A version 4 UUID; left out: a new one. */
  readonly uuid?: string
}

/** Announces `provider` now, and whenever somebody asks. Returns the way to stop that. */
export function announceProvider(provider: Eip1193Provider, { name, icon, rdns, uuid }: ProviderInfo): () => void {
  const info = Object.freeze({ uuid: uuid ?? crypto.randomUUID(), name, icon, rdns })
  const detail = Object.freeze({ info, provider })
  const announce = () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }))
  window.addEventListener('eip6963:requestProvider', announce)
  announce()
  return () => window.removeEventListener('eip6963:requestProvider', announce)
}

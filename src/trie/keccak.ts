/**
 * keccak-256: `@noble/hashes` for one-off hashes and wherever a page's Content-Security-Policy forbids WebAssembly. The
 * hot path uses `fast-keccak.ts`, a module of its own: code with few hashes does not load WebAssembly.
 */
import { keccak_256 } from '@noble/hashes/sha3.js'

/** A keccak-256 hasher for one message at a time. Synchronous and not re-entrant; one instance serves one thread. */
export interface Keccak {
  readonly implementation: 'wasm' | 'noble'
  /** Returns the 32-byte digest of `message`; the caller owns the bytes. */
  digest(message: Uint8Array): Uint8Array
}

/**
 * Returns the keccak-256 of `message` (32 bytes), without WebAssembly. For keys of reads and for tests, not for the hot
 * path.
 */
export function keccak256(message: Uint8Array): Uint8Array {
  return keccak_256(message)
}

/** The fallback: pure JavaScript, a tenth of the speed. */
export const nobleKeccak: Keccak = { implementation: 'noble', digest: keccak256 }

/** True if the 32 bytes of `a` equal the 32 bytes of `b` from `offset` on. */
export function equalHash(a: Uint8Array, b: Uint8Array, offset = 0): boolean {
  for (let i = 0; i < 32; i++) if (a[i] !== b[offset + i]) return false
  return true
}

/**
 * keccak-256: WebAssembly (`hash-wasm`) in the hot path, `@noble/hashes` for one-off hashes and wherever a page's
 * Content-Security-Policy forbids WebAssembly. Which of the two runs is chosen once, when the engine starts.
 */
import { keccak_256 } from '@noble/hashes/sha3.js'
import { createKeccak } from 'hash-wasm'

/** Hashes one message at a time. Synchronous and not re-entrant; one instance serves one thread. */
export interface Keccak {
  readonly implementation: 'wasm' | 'noble'
  /** The 32-byte digest of `message`; the caller owns it. */
  digest(message: Uint8Array): Uint8Array
}

/** One-off keccak-256 without WebAssembly: 32 bytes. For keys of reads and for tests, not for the hot path. */
export function keccak256(message: Uint8Array): Uint8Array {
  return keccak_256(message)
}

/** The fallback: pure JavaScript, a tenth of the speed. */
export const nobleKeccak: Keccak = { implementation: 'noble', digest: keccak256 }

/** The fastest keccak-256 that this thread may run. Never rejects: where WebAssembly is forbidden, it is noble's. */
export async function createFastKeccak(): Promise<Keccak> {
  try {
    const hasher = await createKeccak(256)
    return { implementation: 'wasm', digest: (message) => hasher.init().update(message).digest('binary') }
  } catch {
    // A Content-Security-Policy without 'wasm-unsafe-eval' throws here; noble gives the same digests, slower.
    return nobleKeccak
  }
}

/** True if the 32 bytes of `a` equal the 32 bytes of `b` that begin at `offset`. */
export function equalHash(a: Uint8Array, b: Uint8Array, offset = 0): boolean {
  for (let i = 0; i < 32; i++) if (a[i] !== b[offset + i]) return false
  return true
}

/** keccak-256 in WebAssembly (`hash-wasm`), for the hot path. A starting engine chooses the implementation once. */
import { createKeccak } from 'hash-wasm'
import { type Keccak, nobleKeccak } from './keccak.ts'

/** Returns the fastest keccak-256 allowed on this thread. Never rejects: falls back to noble without WebAssembly. */
export async function createFastKeccak(): Promise<Keccak> {
  try {
    const hasher = await createKeccak(256)
    return { implementation: 'wasm', digest: (message) => hasher.init().update(message).digest('binary') }
  } catch {
    // A Content-Security-Policy without 'wasm-unsafe-eval' throws here; noble gives the same digests, slower.
    return nobleKeccak
  }
}

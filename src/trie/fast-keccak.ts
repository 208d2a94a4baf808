/** keccak-256 in WebAssembly (`hash-wasm`), for the hot path. Which implementation runs is chosen once, when the engine starts. */
import { createKeccak } from 'hash-wasm'
import { type Keccak, nobleKeccak } from './keccak.ts'

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

/** How many bytes the next transaction may carry, so that each takes about as long as it should on this disk. */
import { MAX_CHUNK_BYTES, MAX_CHUNK_MS, MIN_CHUNK_BYTES, MIN_CHUNK_MS, TARGET_CHUNK_MS } from '../constants.ts'

export class ChunkPacer {
  #chunkBytes = MAX_CHUNK_BYTES

  get chunkBytes(): number {
    return this.#chunkBytes
  }

  /** A transaction of `bytes` took `elapsedMs`. */
  measured(bytes: number, elapsedMs: number): void {
    // A chunk that was not full and fast anyway says nothing about larger ones.
    const isFull = bytes >= this.#chunkBytes / 2
    if (elapsedMs > MAX_CHUNK_MS || (elapsedMs < MIN_CHUNK_MS && isFull)) {
      // At most by half or to the double: one odd measurement (a tab that slept) must not decide.
      const factor = Math.min(2, Math.max(0.5, TARGET_CHUNK_MS / elapsedMs))
      const wanted = Math.round(this.#chunkBytes * factor)
      this.#chunkBytes = Math.min(MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, wanted))
    }
  }
}

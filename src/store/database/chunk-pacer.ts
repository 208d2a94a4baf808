/** Chooses the bytes of the next transaction, so that each takes about the same time on this disk. */
import { MAX_CHUNK_BYTES, MAX_CHUNK_MS, MIN_CHUNK_BYTES, MIN_CHUNK_MS, TARGET_CHUNK_MS } from '../constants.ts'

export class ChunkPacer {
  #chunkBytes = MAX_CHUNK_BYTES

  get chunkBytes(): number {
    return this.#chunkBytes
  }

  /** Takes note of a transaction: its bytes and its time. */
  measured(bytes: number, elapsedMs: number): void {
    // A fast chunk tells nothing about larger chunks unless it was full.
    const isFull = bytes >= this.#chunkBytes / 2
    if (elapsedMs > MAX_CHUNK_MS || (elapsedMs < MIN_CHUNK_MS && isFull)) {
      // At most by half or to the double: one odd measurement (a sleeping tab) must not decide.
      const factor = Math.min(2, Math.max(0.5, TARGET_CHUNK_MS / elapsedMs))
      const wanted = Math.round(this.#chunkBytes * factor)
      this.#chunkBytes = Math.min(MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, wanted))
    }
  }
}

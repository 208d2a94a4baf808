/** A cache of the blocks read last, bounded in bytes. */
import { BLOCK_CACHE_BYTES } from './constants.ts'

/** A cache in front of `read`. Failed reads are not remembered. */
export class BlockCache {
  readonly #read: (index: number) => Promise<Uint8Array>
  readonly #maxBytes: number
  /** Blocks in the order of use: a map keeps the order of insertion, so the first entry was used longest ago. */
  readonly #blocks = new Map<number, Uint8Array>()
  #bytes = 0

  constructor(read: (index: number) => Promise<Uint8Array>, maxBytes: number = BLOCK_CACHE_BYTES) {
    this.#read = read
    this.#maxBytes = maxBytes
  }

  async get(index: number): Promise<Uint8Array> {
    const block = this.#blocks.get(index) ?? (await this.#read(index))
    this.#remember(index, block)
    return block
  }

  #remember(index: number, block: Uint8Array): void {
    if (!this.#blocks.delete(index)) this.#bytes += block.length
    this.#blocks.set(index, block)
    for (const [oldest, { length }] of this.#blocks) {
      if (this.#bytes <= this.#maxBytes) return
      this.#blocks.delete(oldest)
      this.#bytes -= length
    }
  }
}

/** Reads a stream of chunks of any size in pieces of the size asked for. Holds one chunk at a time. */
import { BackupError } from './errors.ts'

/** Returns the next chunk, `null` at the end. */
export type NextChunk = () => Promise<Uint8Array | null>

export class ByteReader {
  readonly #next: NextChunk
  #chunk = new Uint8Array()

  constructor(next: NextChunk) {
    this.#next = next
  }

  /** Returns the next bytes as a view: at least one, at most `maxBytes`. Rejects with `exportCutOff` at the end. */
  async some(maxBytes: number): Promise<Uint8Array> {
    if (await this.isAtEnd()) throw new BackupError('exportCutOff', 'the file ends before its end')
    const bytes = this.#chunk.subarray(0, maxBytes)
    this.#chunk = this.#chunk.subarray(bytes.length)
    return bytes
  }

  /** Returns exactly `length` bytes. Rejects with `exportCutOff`. */
  async exactly(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; ) {
      const part = await this.some(length - at)
      bytes.set(part, at)
      at += part.length
    }
    return bytes
  }

  /** Returns a big-endian number of four bytes. Rejects with `exportCutOff`. */
  async uint32(): Promise<number> {
    return new DataView((await this.exactly(4)).buffer).getUint32(0)
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const chunk = await this.#next()
      if (chunk === null) return true
      this.#chunk = chunk as Uint8Array<ArrayBuffer>
    }
    return false
  }
}

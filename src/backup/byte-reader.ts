/** Reads a stream of chunks of any size in the pieces that somebody needs. Holds one chunk at a time. */
import { BackupError } from './errors.ts'

/** The next chunk, `null` at the end. */
export type NextChunk = () => Promise<Uint8Array | null>

export class ByteReader {
  readonly #next: NextChunk
  #chunk = new Uint8Array()

  constructor(next: NextChunk) {
    this.#next = next
  }

  /** The next bytes, one at least and `maxBytes` at most; a view. Throws `exportCutOff` at the end. */
  async some(maxBytes: number): Promise<Uint8Array> {
    if (await this.isAtEnd()) throw new BackupError('exportCutOff', 'the file ends before its end')
    const bytes = this.#chunk.subarray(0, maxBytes)
    this.#chunk = this.#chunk.subarray(bytes.length)
    return bytes
  }

  /** Exactly so many bytes. Throws `exportCutOff`. */
  async exactly(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; ) {
      const part = await this.some(length - at)
      bytes.set(part, at)
      at += part.length
    }
    return bytes
  }

  /** A number of four bytes, big-endian. Throws `exportCutOff`. */
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

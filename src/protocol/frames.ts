/**
 * Frames: a length as an unsigned varint (LEB128, minimal, at most four bytes), then as many bytes. This file cuts a stream
 * of chunks into frames and knows nothing of what is in them.
 */
import { MAX_PREFIX_BYTES } from './constants.ts'
import { malformed, violation } from './error.ts'

/** The first buffer of a frame that spans chunks: most requests fit. */
const LEAST_BUFFER_BYTES = 4096

/** The length prefix of a frame of `length` bytes. */
export function encodePrefix(length: number): Uint8Array {
  const bytes: number[] = []
  for (let left = length; ; left >>>= 7) {
    if (left < 0x80) return Uint8Array.of(...bytes, left)
    bytes.push((left & 0x7f) | 0x80)
  }
}

/**
 * Collects chunks of any size and hands out frames. What it holds grows with what has come, not with what was announced.
 * After it has thrown it is of no further use.
 */
export class FrameSplitter {
  readonly #maxFrameBytes: number
  /** Of the prefix that is being read: its value so far, and its bytes. */
  #length = 0
  #prefixBytes = 0
  /** The frame that began in an earlier chunk, or the beginning of it, and how much of it is there. */
  #frame: Uint8Array | undefined
  #frameBytes = 0
  #filled = 0

  /** Frames of more than `maxFrameBytes` are refused as soon as their prefix is read. */
  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes
  }

  /** True if the last chunk ended within a frame. */
  get isWithinFrame(): boolean {
    return this.#frame !== undefined || this.#prefixBytes > 0
  }

  /** Bytes of the buffer for the frame that has begun. */
  get heldBytes(): number {
    return this.#frame?.length ?? 0
  }

  /**
   * Takes the next chunk and calls `onFrame` with each frame that it completes. A frame within one chunk is a view of it;
   * a frame that spans chunks is copied. Throws `ProtocolError` `frameTooLarge` or `malformedMessage`, after
   * the frames before the offence.
   */
  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#frame !== undefined) at = this.#fill(this.#frame, chunk, at, onFrame)
      else if (this.#prefix(chunk[at++]!)) at = this.#begin(chunk, at, onFrame)
    }
  }

  /** Takes a byte of the prefix; true if it was the last one. */
  #prefix(byte: number): boolean {
    this.#length += (byte & 0x7f) * 2 ** (7 * this.#prefixBytes++)
    if (byte >= 0x80) {
      if (this.#prefixBytes === MAX_PREFIX_BYTES) throw malformed(`a prefix has at most ${MAX_PREFIX_BYTES} bytes`)
      return false
    }
    if (byte === 0) throw malformed('a prefix is minimal, and a frame not empty')
    if (this.#length > this.#maxFrameBytes) {
      const details = { got: this.#length, expected: this.#maxFrameBytes }
      throw violation('frameTooLarge', 'a frame of more bytes than its receiver accepts', details)
    }
    this.#prefixBytes = 0
    return true
  }

  /** Behind a prefix: the frame is in this chunk, or its beginning is. */
  #begin(chunk: Uint8Array, at: number, onFrame: (frame: Uint8Array) => void): number {
    const length = this.#length
    this.#length = 0
    if (chunk.length - at < length) {
      this.#frame = new Uint8Array(Math.min(length, LEAST_BUFFER_BYTES))
      this.#frameBytes = length
      return this.#fill(this.#frame, chunk, at, onFrame)
    }
    onFrame(chunk.subarray(at, at + length))
    return at + length
  }

  /** Takes what this chunk has of a frame that spans chunks. */
  #fill(begun: Uint8Array, chunk: Uint8Array, at: number, onFrame: (frame: Uint8Array) => void): number {
    const end = Math.min(chunk.length, at + this.#frameBytes - this.#filled)
    const frame = this.#withRoomFor(begun, this.#filled + end - at)
    frame.set(chunk.subarray(at, end), this.#filled)
    this.#filled += end - at
    if (this.#filled === this.#frameBytes) {
      this.#frame = undefined
      this.#filled = 0
      onFrame(frame)
    }
    return end
  }

  /** A larger copy of `frame` if it has no room for `bytes`: fourfold, so that few bytes are copied twice. */
  #withRoomFor(frame: Uint8Array, bytes: number): Uint8Array {
    if (bytes <= frame.length) return frame
    const larger = new Uint8Array(Math.min(this.#frameBytes, 4 * bytes))
    larger.set(frame.subarray(0, this.#filled))
    this.#frame = larger
    return larger
  }
}

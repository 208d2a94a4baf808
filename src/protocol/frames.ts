/**
 * Cuts a stream of chunks into frames, without reading the messages inside. A frame is a length as an unsigned varint
 * (LEB128, minimal, at most four bytes), then as many bytes.
 */
import { MAX_PREFIX_BYTES } from './constants.ts'
import { malformed, violation } from './error.ts'

/** The first buffer of a frame spanning chunks. Most requests fit. */
const LEAST_BUFFER_BYTES = 4096

/** Returns the length prefix of a frame of `length` bytes. */
export function encodePrefix(length: number): Uint8Array {
  const bytes: number[] = []
  for (let left = length; ; left >>>= 7) {
    if (left < 0x80) return Uint8Array.of(...bytes, left)
    bytes.push((left & 0x7f) | 0x80)
  }
}

/**
 * Collects chunks of any size and hands out frames. The buffer grows with the received bytes, not with the announced
 * length. A splitter is of no further use after a throw.
 */
export class FrameSplitter {
  readonly #maxFrameBytes: number
  /** The prefix being read: its value so far, and its bytes. */
  #length = 0
  #prefixBytes = 0
  /** The buffer of a frame begun in an earlier chunk, with the frame's length and the bytes received so far. */
  #frame: Uint8Array | undefined
  #frameBytes = 0
  #filled = 0

  /** Creates a splitter refusing frames of more than `maxFrameBytes` as soon as the prefix is read. */
  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes
  }

  /** True if the last chunk ended within a frame. */
  get isWithinFrame(): boolean {
    return this.#frame !== undefined || this.#prefixBytes > 0
  }

  /** Bytes of the buffer for the incomplete frame. */
  get heldBytes(): number {
    return this.#frame?.length ?? 0
  }

  /**
   * Takes the next chunk and calls `onFrame` with each completed frame. A frame within one chunk is a view of the
   * chunk; a frame spanning chunks is a copy. Throws `ProtocolError` `frameTooLarge` or `malformedMessage`, after the
   * frames before the offence.
   */
  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#frame !== undefined) at = this.#fill(this.#frame, chunk, at, onFrame)
      else if (this.#prefix(chunk[at++]!)) at = this.#begin(chunk, at, onFrame)
    }
  }

  /** Takes a byte of the prefix. Returns true for the last byte. */
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

  /** Hands out a frame lying within this chunk, or begins a buffer for a longer one. Called behind a prefix. */
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

  /** Copies this chunk's part of a frame spanning chunks. */
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

  /** Returns a larger copy of `frame` if `bytes` do not fit. Grows fourfold, so few bytes are copied twice. */
  #withRoomFor(frame: Uint8Array, bytes: number): Uint8Array {
    if (bytes <= frame.length) return frame
    const larger = new Uint8Array(Math.min(this.#frameBytes, 4 * bytes))
    larger.set(frame.subarray(0, this.#filled))
    this.#frame = larger
    return larger
  }
}

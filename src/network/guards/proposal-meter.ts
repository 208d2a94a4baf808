/**
 * Reads the lines of multistream-select, and counts proposals. libp2p answers every proposal, and takes the next one
 * without yielding the thread. The meter stops at the first proposal of a protocol spoken here: the negotiation is
 * over. https://github.com/multiformats/multistream-select
 */

/** libp2p's own limit of a line. A longer line ends the negotiation. */
const MAX_LINE_BYTES = 1024
const MAX_LENGTH_BYTES = 2

export class ProposalMeter {
  readonly #isSpoken: (protocol: string) => boolean
  readonly #takes: () => boolean
  /** The length of the current line, as far as received; then the missing bytes of the line. */
  #length = 0
  #lengthBytes = 0
  #left = 0
  #line: number[] = []
  #isDone = false

  /** `takes` is called for each line. */
  constructor(isSpoken: (protocol: string) => boolean, takes: () => boolean) {
    this.#isSpoken = isSpoken
    this.#takes = takes
  }

  /** True when the negotiation is over, with or without an agreement. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** Reads the next bytes. Returns false after too many lines; the meter is then of no further use. */
  accepts(bytes: Uint8Array): boolean {
    for (const byte of bytes) {
      if (this.#isDone) return true
      if (this.#left === 0) this.#addToLength(byte)
      else if (this.#endsLine(byte) && !this.#takes()) return false
    }
    return true
  }

  #addToLength(byte: number): void {
    this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes++
    if (byte >= 0x80 && this.#lengthBytes < MAX_LENGTH_BYTES) return
    // libp2p ends the negotiation in these cases as well.
    this.#isDone = byte >= 0x80 || this.#length === 0 || this.#length > MAX_LINE_BYTES
    this.#left = this.#length
    this.#length = 0
    this.#lengthBytes = 0
    this.#line = []
  }

  #endsLine(byte: number): boolean {
    this.#line.push(byte)
    if (--this.#left > 0) return false
    this.#isDone = this.#isSpoken(String.fromCharCode(...this.#line).trimEnd())
    return true
  }
}

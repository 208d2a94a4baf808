/**
 * Reads multistream-select as it comes, and nothing else. libp2p answers every protocol that is proposed to it, and goes on with
 * the next one without letting anybody else have the thread; this says when there are too many. Once one is proposed that is
 * spoken here, it has been agreed on, and what follows is none of this file's business.
 * https://github.com/multiformats/multistream-select
 */

/** What libp2p itself takes for the longest line; beyond it, it ends the negotiation. */
const MAX_LINE_BYTES = 1024
const MAX_LENGTH_BYTES = 2

export class ProposalMeter {
  readonly #isSpoken: (protocol: string) => boolean
  readonly #takes: () => boolean
  /** Of the length of a line, as far as it has come; then what is missing of the line. */
  #length = 0
  #lengthBytes = 0
  #left = 0
  #line: number[] = []
  #isDone = false

  /** `takes` is asked for each line. */
  constructor(isSpoken: (protocol: string) => boolean, takes: () => boolean) {
    this.#isSpoken = isSpoken
    this.#takes = takes
  }

  /** The negotiation is over, one way or the other. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** Takes the next bytes. False: too many lines, and the meter is of no further use. */
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
    // libp2p ends it at these as well.
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

/**
 * RLP headers read in place: no copy, no object per item. For the hot path; everything else uses `@ethereumjs/rlp`.
 * Strict: lengths are minimal, and no header or payload reaches past the end.
 */

/** The result of {@link RlpItem.read} for bytes that are not canonical RLP. */
export const BAD_RLP = -1

/** The place of an item's payload. One object serves any number of reads. */
export class RlpItem {
  isList = false
  /** The payload is `bytes[start, end)`; a single byte below 0x80 is its own payload. */
  start = 0
  end = 0

  /** Reads the header at `at`, never at or past `limit`. Returns the end of the item, or {@link BAD_RLP}. */
  read(bytes: Uint8Array, at: number, limit: number): number {
    if (at >= limit) return BAD_RLP
    const prefix = bytes[at]!
    if (prefix < 0x80) return this.#set(false, at, at + 1, limit)
    if (prefix < 0xb8) {
      const end = at + 1 + prefix - 0x80
      if (prefix === 0x81 && end <= limit && bytes[at + 1]! < 0x80) return BAD_RLP // such a byte is its own encoding
      return this.#set(false, at + 1, end, limit)
    }
    if (prefix < 0xc0) return this.#readLong(bytes, at, limit, prefix - 0xb7, false)
    if (prefix < 0xf8) return this.#set(true, at + 1, at + 1 + prefix - 0xc0, limit)
    return this.#readLong(bytes, at, limit, prefix - 0xf7, true)
  }

  #readLong(bytes: Uint8Array, at: number, limit: number, lengthBytes: number, isList: boolean): number {
    const start = at + 1 + lengthBytes
    // Four bytes of length are 4 GiB, more than any buffer here. The limit also keeps the sum below exact.
    if (lengthBytes > 4 || start > limit || bytes[at + 1] === 0) return BAD_RLP
    let length = 0
    for (let i = at + 1; i < start; i++) length = length * 256 + bytes[i]!
    return length < 56 ? BAD_RLP : this.#set(isList, start, start + length, limit)
  }

  #set(isList: boolean, start: number, end: number, limit: number): number {
    if (end > limit) return BAD_RLP
    this.isList = isList
    this.start = start
    this.end = end
    return end
  }
}

/** Returns the end of the RLP item at `at`, or {@link BAD_RLP}. */
export function rlpItemEnd(bytes: Uint8Array, at: number, limit: number): number {
  return shared.read(bytes, at, limit)
}

const shared = new RlpItem()

/**
 * Reads RLP in place: a cursor over bytes, handing out views without a copy and following the caller's schema only.
 * `RLP.decode` of `@ethereumjs/rlp` copies each list on the way down and recurses as deep as the input says. So it is
 * too slow for answers of a megabyte, and too trusting for bytes from strangers. This folder uses the library for
 * encoding only.
 *
 * Strict: canonical lengths only, and no item leaves its list. All errors are `malformedMessage`.
 */
import { BAD_RLP, RlpItem } from '../trie/rlp.ts'
import { malformed } from './error.ts'

/** A cursor over the items of one list, or of the items in one byte string. */
export class RlpView {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at: number
  readonly #item = new RlpItem()

  /** Creates a cursor over the items in `bytes` from `at` up to `end`. */
  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
  }

  /** True behind the last item. */
  get done(): boolean {
    return this.#at >= this.#end
  }

  /** Reads a list, and returns a cursor over its items. */
  list(): RlpView {
    this.#next()
    if (!this.#item.isList) throw malformed('expected a list, got a string')
    return new RlpView(this.#bytes, this.#item.start, this.#at)
  }

  /** Reads a string, and returns a view of the bytes. */
  string(): Uint8Array {
    this.#next()
    if (this.#item.isList) throw malformed('expected a string, got a list')
    return this.#bytes.subarray(this.#item.start, this.#at)
  }

  /** Reads a string of exactly `length` bytes, and returns a view. */
  fixed(length: number): Uint8Array {
    const bytes = this.string()
    if (bytes.length !== length) throw malformed(`expected ${length} bytes, got ${bytes.length}`)
    return bytes
  }

  /** Reads an integer between `least` and `most`. */
  integer(least: number, most: number): number {
    const bytes = this.string()
    if (bytes[0] === 0) throw malformed('an integer has no leading zeros')
    let value = 0
    for (const byte of bytes) value = value * 256 + byte
    if (value < least || value > most) throw malformed(`expected an integer from ${least} to ${most}, got ${value}`)
    return value
  }

  /** Skips the next item of any kind. */
  skip(): void {
    this.#next()
  }

  /** Throws unless this is the end of the list. */
  finish(): void {
    if (!this.done) throw malformed('a list has more items than its message')
  }

  /** Reads the header of the next item to `#item`, and moves behind the item. */
  #next(): void {
    const end = this.#item.read(this.#bytes, this.#at, this.#end)
    if (end === BAD_RLP) throw malformed('an item is missing, not canonical, or longer than the list that holds it')
    this.#at = end
  }
}

/** Returns the number of items in `bytes`, such as the nodes of a run. Throws {@link ProtocolError}. */
export function countItems(bytes: Uint8Array): number {
  const view = new RlpView(bytes)
  let count = 0
  for (; !view.done; count++) view.skip()
  return count
}

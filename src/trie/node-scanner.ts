/**
 * The zero-copy reading of a node, for the hot path: byte offsets instead of the objects of `decodeNode` in `node.ts`.
 * A property test compares the two: both accept the same bytes, and find the same children.
 */
import { hexPrefixNibbles, isHexPrefix, isLeafPrefix } from './hex-prefix.ts'
import { HASH_BYTES, NodeError } from './node.ts'
import { KEY_NIBBLES } from './path.ts'
import { BAD_RLP, RlpItem } from './rlp.ts'

export type NodeKind = 'branch' | 'extension' | 'leaf'

/** A scanner for any number of nodes, one at a time: each scan overwrites the fields. */
export class NodeScanner {
  kind: NodeKind = 'leaf'
  /** Children with a hash, in order of their nibbles: `childNibble[i]`, and the offset of the hash `childHash[i]`. */
  childCount = 0
  readonly childNibble: Uint8Array = new Uint8Array(16)
  readonly childHash: Int32Array = new Int32Array(16)
  /** Hex-prefix bytes of a leaf's or an extension's key: `[keyStart, keyEnd)`, and their number of nibbles. */
  keyStart = 0
  keyEnd = 0
  keyNibbles = 0
  /** A leaf's value: `[valueStart, valueEnd)`. */
  valueStart = 0
  valueEnd = 0
  /** The number of leaves embedded in this node, at any depth. */
  embeddedLeaves = 0

  #item = new RlpItem()

  /**
   * Scans the node `bytes[at, end)` at `depth` nibbles of its own trie. Throws `NodeError` (`badNode`) by the rules of
   * `decodeNode`.
   */
  scan(bytes: Uint8Array, at: number, end: number, depth: number): void {
    const item = this.#item
    this.childCount = 0
    this.embeddedLeaves = 0
    if (item.read(bytes, at, end) !== end || !item.isList) throw bad('a node is a list', bytes, at, end)
    const start = item.start
    // The first item of a branch is empty, a hash or an embedded node; a key of 32 bytes looks like a hash. So the
    // number of items decides, and the first two items tell whether there are more.
    const second = item.read(bytes, start, end)
    if (second === BAD_RLP) throw bad('not canonical RLP', bytes, at, end)
    if (item.read(bytes, second, end) === end) this.#scanShort(bytes, start, second, end, at, depth)
    else this.#scanBranch(bytes, start, end, at, depth)
  }

  #scanBranch(bytes: Uint8Array, start: number, end: number, at: number, depth: number): void {
    if (depth >= KEY_NIBBLES) throw bad('a branch stands above the end of its keys', bytes, at, end)
    let offset = start
    let children = 0
    for (let nibble = 0; nibble < 16; nibble++) {
      if (offset >= end) throw bad('a node has 2 or 17 items', bytes, at, end)
      const prefix = bytes[offset]!
      if (prefix === 0x80) offset++
      else {
        children++
        if (prefix === 0xa0) {
          this.childNibble[this.childCount] = nibble
          this.childHash[this.childCount++] = offset + 1
          offset += 1 + HASH_BYTES
        } else offset = this.#scanEmbedded(bytes, offset, end, depth + 1)
      }
    }
    if (offset !== end - 1 || bytes[offset] !== 0x80) throw bad('a branch has 17 items and no value', bytes, at, end)
    if (children < 2) throw bad('a branch has two children', bytes, at, end)
    this.kind = 'branch' // last: an embedded node has set its own kind
  }

  #scanShort(bytes: Uint8Array, key: number, value: number, end: number, at: number, depth: number): void {
    const item = this.#item
    item.read(bytes, key, end)
    if (item.isList) throw bad('a key is a string', bytes, at, end)
    const first = bytes[item.start]!
    if (item.start === item.end || !isHexPrefix(first)) throw bad('a key is hex-prefix encoded', bytes, at, end)
    this.keyStart = item.start
    this.keyEnd = item.end
    this.keyNibbles = hexPrefixNibbles(first, item.end - item.start)
    const below = depth + this.keyNibbles
    if (isLeafPrefix(first)) {
      if (below !== KEY_NIBBLES) throw bad('a leaf ends at 64 nibbles', bytes, at, end)
      item.read(bytes, value, end)
      if (item.isList) throw bad('a value is a string', bytes, at, end)
      if (item.start === item.end) throw bad('a value is not empty', bytes, at, end)
      this.kind = 'leaf'
      this.valueStart = item.start
      this.valueEnd = item.end
      return
    }
    if (this.keyNibbles === 0) throw bad('an extension has a key', bytes, at, end)
    if (below >= KEY_NIBBLES) throw bad('an extension ends above 64 nibbles', bytes, at, end)
    if (bytes[value] === 0xa0 && value + 1 + HASH_BYTES === end) {
      this.childHash[0] = value + 1
      this.childCount = 1
    } else this.#scanEmbeddedBelowExtension(bytes, value, end, below)
    this.kind = 'extension'
  }

  #scanEmbeddedBelowExtension(bytes: Uint8Array, value: number, end: number, depth: number): void {
    const { keyStart, keyEnd, keyNibbles } = this
    if (value === end || this.#scanEmbedded(bytes, value, end, depth) !== end) {
      throw bad('an extension has a child', bytes, value, end)
    }
    if (this.kind !== 'branch') throw bad('an extension leads to a branch', bytes, value, end)
    this.keyStart = keyStart
    this.keyEnd = keyEnd
    this.keyNibbles = keyNibbles
  }

  /** Scans the embedded node at `at`, smaller than a hash. Leaves its kind in `kind`, and returns its end. */
  #scanEmbedded(bytes: Uint8Array, at: number, limit: number, depth: number): number {
    const item = this.#item
    const end = item.read(bytes, at, limit)
    if (end === BAD_RLP || !item.isList) throw bad('a child is a hash, a node, or nothing', bytes, at, limit)
    if (end - at >= HASH_BYTES) throw bad('an embedded node is below 32 bytes', bytes, at, end)
    const second = item.read(bytes, item.start, end)
    if (second === BAD_RLP) throw bad('not canonical RLP', bytes, at, end)
    const start = at + 1
    if (item.read(bytes, second, end) === end) {
      this.#scanShort(bytes, start, second, end, at, depth)
      if (this.kind === 'leaf') this.embeddedLeaves++
    } else this.#scanBranch(bytes, start, end, at, depth)
    return end
  }
}

function bad(rule: string, bytes: Uint8Array, start: number, end: number): NodeError {
  return new NodeError(rule, bytes.subarray(start, end))
}

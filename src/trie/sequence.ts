/**
 * The front-coded form of a stretch of the node sequence: a span in memory, a page on disk, a block of the server.
 * Entries are in path order. One entry:
 *
 *     shared (1 byte) | suffix nibbles (1 byte) | suffix, two nibbles a byte | node
 *
 * `shared` is the number of leading nibbles shared with the path of the entry before (0 in the first entry). After an
 * odd suffix, the low half of its last byte is zero. A node is RLP and tells its own length.
 */
import { RootlightError } from '../runtime/error.ts'
import { MAX_PATH_NIBBLES, nibbleAt, type Path, pathOfNibbles, sharedNibbles, writeNibbles } from './path.ts'
import { rlpItemEnd } from './rlp.ts'

/** The error for bytes that are not a sequence: cut off, out of order, or not nodes. */
export class SequenceError extends RootlightError<'badSequence'> {
  constructor(rule: string, at: number) {
    super('badSequence', `bad node sequence at byte ${at}: ${rule}`, { details: { at } })
  }
}

/** Returns the size in bytes of an entry with `suffixNibbles` nibbles beyond the shared ones. */
export function entryBytes(suffixNibbles: number, nodeBytes: number): number {
  return 2 + ((suffixNibbles + 1) >> 1) + nodeBytes
}

/** A writer of entries in path order to a growing buffer. */
export class SequenceWriter {
  #buffer: Uint8Array
  #length = 0
  #last: Path | null = null

  constructor(capacity = 256) {
    this.#buffer = new Uint8Array(capacity)
  }

  /** Bytes written. */
  get length(): number {
    return this.#length
  }

  /** Path of the last entry, `null` while there is none. */
  get last(): Path | null {
    return this.#last
  }

  /** Returns the number of nibbles that an entry at `path` would share with the last one. */
  sharedWith(path: Path): number {
    return this.#last === null ? 0 : sharedNibbles(this.#last, path)
  }

  /** Appends one node. `path` is greater than {@link last}. */
  append(path: Path, blob: Uint8Array): void {
    const shared = this.sharedWith(path)
    writeNibbles(path, scratch)
    this.appendNibbles(shared, scratch, path.length, blob, 0, blob.length)
    this.#last = path
  }

  /**
   * Appends one node, as {@link append} does, but for the hot path. The path is the first `length` values of `nibbles`;
   * the caller knows how many of them the entry before shares. The node is `source[start, end)`. After the last node,
   * call {@link setLast}.
   */
  appendNibbles(
    shared: number,
    nibbles: Uint8Array,
    length: number,
    source: Uint8Array,
    start: number,
    end: number,
  ): void {
    const size = entryBytes(length - shared, end - start)
    if (this.#length + size > this.#buffer.length) this.#grow(size)
    const buffer = this.#buffer
    let at = this.#length
    buffer[at++] = shared
    buffer[at++] = length - shared
    for (let i = shared; i < length; i += 2) {
      buffer[at++] = (nibbles[i]! << 4) | (i + 1 < length ? nibbles[i + 1]! : 0)
    }
    if (end - start > 64) buffer.set(source.subarray(start, end), at)
    else for (let i = start, to = at; i < end; i++, to++) buffer[to] = source[i]!
    this.#length += size
  }

  /** Sets the path of the entry written last by {@link appendNibbles}. */
  setLast(path: Path): void {
    this.#last = path
  }

  /** Appends a whole sequence. Its first path is greater than {@link last}; `last` is its last path. */
  appendSequence(bytes: Uint8Array, last: Path): void {
    if (this.#length + bytes.length > this.#buffer.length) this.#grow(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
    this.#last = last
  }

  /** Returns the bytes so far, as a view that the next append may overwrite or outgrow. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  /** Returns a copy of the bytes, owned by the caller, and empties the writer. The buffer is kept. */
  take(): Uint8Array {
    const bytes = this.#buffer.slice(0, this.#length)
    this.#length = 0
    this.#last = null
    return bytes
  }

  #grow(size: number): void {
    const grown = new Uint8Array(Math.max(this.#length + size, this.#buffer.length * 2))
    grown.set(this.view())
    this.#buffer = grown
  }
}

/** Returns nodes, given in any order, as sequences in path order of at most `maxBytes` each. */
export function sequencesOf(nodes: ReadonlyMap<Path, Uint8Array>, maxBytes: number): Uint8Array[] {
  const sequences: Uint8Array[] = []
  const writer = new SequenceWriter()
  for (const [path, blob] of [...nodes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (writer.length > 0 && writer.length + entryBytes(path.length, blob.length) > maxBytes) {
      sequences.push(writer.take())
    }
    writer.append(path, blob)
  }
  if (writer.length > 0) sequences.push(writer.take())
  return sequences
}

/**
 * A cursor over the entries of a sequence, without copies. After `next()` returned true, the path is
 * `nibbles[0, pathLength)` and the node is `bytes[start, end)`. Throws {@link SequenceError} for bytes that no writer
 * produces, also after the last entry. Nodes are measured, not checked: the reader checks the hash.
 */
export class SequenceCursor {
  readonly bytes: Uint8Array
  readonly nibbles: Uint8Array = new Uint8Array(MAX_PATH_NIBBLES)
  pathLength = -1
  /** The number of nibbles shared with the entry before. */
  shared = 0
  start = 0
  end = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get path(): Path {
    return pathOfNibbles(this.nibbles, 0, this.pathLength)
  }

  next(): boolean {
    const { bytes } = this
    const at = this.end
    if (at === bytes.length) return false
    const shared = bytes[at]!
    const suffix = bytes[at + 1]
    if (suffix === undefined) throw new SequenceError('the entry is cut off', at)
    if (shared > Math.max(this.pathLength, 0)) throw new SequenceError('shares more than the path before has', at)
    const length = shared + suffix
    if (length > MAX_PATH_NIBBLES) throw new SequenceError(`a path has at most ${MAX_PATH_NIBBLES} nibbles`, at)
    const start = at + 2 + ((suffix + 1) >> 1)
    if (start >= bytes.length) throw new SequenceError('the entry is cut off', at)
    this.#readSuffix(at, shared, length)
    this.pathLength = length
    this.shared = shared
    this.start = start
    this.end = rlpItemEnd(bytes, start, bytes.length)
    if (this.end < 0) throw new SequenceError('the node is not RLP, or cut off', start)
    return true
  }

  #readSuffix(at: number, shared: number, length: number): void {
    const { bytes, nibbles } = this
    let ordered = shared >= this.pathLength
    let from = at + 2
    for (let i = shared; i < length; i++) {
      const nibble = (i - shared) % 2 === 0 ? bytes[from]! >> 4 : bytes[from++]! & 15
      if (!ordered && i < this.pathLength) {
        if (nibble < nibbles[i]!) throw new SequenceError('paths do not ascend', at)
        ordered = nibble > nibbles[i]!
      } else if (!ordered) ordered = true // the path before is a prefix of this one
      nibbles[i] = nibble
    }
    if (!ordered && length <= this.pathLength) throw new SequenceError('paths do not ascend', at)
    if (shared === length && this.pathLength >= 0) throw new SequenceError('paths do not ascend', at)
    if ((length - shared) % 2 === 1 && (bytes[from]! & 15) !== 0) throw new SequenceError('the padding is not zero', at)
  }
}

/** Returns the node at `path` in a sequence, as a view, or `undefined`. Throws {@link SequenceError}. */
export function findInSequence(bytes: Uint8Array, path: Path): Uint8Array | undefined {
  const cursor = new SequenceCursor(bytes)
  while (cursor.next()) {
    if (cursor.pathLength === path.length && isAt(cursor.nibbles, path)) return bytes.subarray(cursor.start, cursor.end)
  }
  return undefined
}

function isAt(nibbles: Uint8Array, path: Path): boolean {
  // From the back: neighbours in a sequence differ in their last nibbles.
  for (let i = path.length - 1; i >= 0; i--) if (nibbles[i] !== nibbleAt(path, i)) return false
  return true
}

const scratch = new Uint8Array(MAX_PATH_NIBBLES)

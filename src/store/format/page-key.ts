/**
 * The key of a page: one binary IndexedDB key. Its byte order is the order of (generation, start, end):
 *
 *     generation | start | 0 | end | 0 | nodes | bytes | accounts | slots | checksum
 *
 * Numbers have 4 bytes, big-endian. A position is its nibbles, one a byte, each plus 1; `END` is 17, and stands last or
 * not at all.
 *
 * Keys alone tell coverage and totals. So no total can drift from its pages, and a damaged or missing page is
 * subtracted exactly. A loose page covers nothing and counts for nothing: its end is its start, and its key has no
 * counts.
 *
 * The checksum covers all bytes before. Coverage is believed without reading the page, so a key with a flipped bit must
 * not be a key.
 */
import type { Counts, Stretch } from '../../sync/disk.ts'
import { END, MAX_PATH_NIBBLES, type Position } from '../../trie/path.ts'
import { checksum } from './checksum.ts'

/** The contents of a key. Each page has one such object, compared by identity. */
export interface PageKey extends Stretch {
  readonly generation: number
  /** All zero in a loose page. */
  readonly counts: Counts
}

/** The counts of a loose page. */
export const NO_COUNTS: Counts = Object.freeze({ nodes: 0, bytes: 0, accounts: 0, slots: 0 })

/** Returns the key of a loose page beginning at `start`. */
export function looseKey(generation: number, start: Position): PageKey {
  return { generation, start, end: start, counts: NO_COUNTS }
}

/** True if the page covers nothing. */
export function isLoose(key: Stretch): boolean {
  return key.start === key.end
}

/** Encodes a key. */
export function encodePageKey(key: PageKey): Uint8Array {
  const { start, end, counts } = key
  const countsAt = GENERATION_BYTES + start.length + 1 + end.length + 1
  const checksumAt = countsAt + (isLoose(key) ? 0 : COUNTS_BYTES)
  const bytes = new Uint8Array(checksumAt + CHECKSUM_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, key.generation)
  writePosition(bytes, GENERATION_BYTES, start)
  writePosition(bytes, GENERATION_BYTES + start.length + 1, end)
  if (!isLoose(key)) for (const [i, name] of COUNTED.entries()) view.setUint32(countsAt + 4 * i, counts[name])
  view.setUint32(checksumAt, checksum(bytes, checksumAt))
  return bytes
}

/** Decodes a key. Returns `null` for bytes which {@link encodePageKey} cannot have written. */
export function decodePageKey(bytes: Uint8Array): PageKey | null {
  const checksumAt = bytes.length - CHECKSUM_BYTES
  if (checksumAt < GENERATION_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(checksumAt) !== checksum(bytes, checksumAt)) return null
  const generation = view.getUint32(0)
  const start = readPosition(bytes, GENERATION_BYTES)
  if (start === null || bytes[GENERATION_BYTES + start.length] !== 0) return null
  const at = GENERATION_BYTES + start.length + 1
  const end = readPosition(bytes, at)
  if (end === null || end < start || bytes[at + end.length] !== 0) return null
  const countsAt = at + end.length + 1
  if (start === end) return countsAt === checksumAt ? looseKey(generation, start) : null
  if (countsAt + COUNTS_BYTES !== checksumAt) return null
  const counts = { ...NO_COUNTS }
  for (const [i, name] of COUNTED.entries()) counts[name] = view.getUint32(countsAt + 4 * i)
  return { generation, start, end, counts }
}

const GENERATION_BYTES = 4
const COUNTED = ['nodes', 'bytes', 'accounts', 'slots'] as const
const COUNTS_BYTES = 4 * COUNTED.length
const CHECKSUM_BYTES = 4
const DIGITS = `0123456789abcdef${END}`

function writePosition(target: Uint8Array, at: number, position: Position): void {
  for (let i = 0; i < position.length; i++) {
    const code = position.charCodeAt(i)
    target[at + i] = code < 0x3a ? code - 0x2f : code - 0x56 // '0' is 1, 'a' is 11, END ('g') is 17
  }
}

/** Reads the position from `at` up to the next zero, or to the end of the bytes. Returns `null` if there is none. */
function readPosition(bytes: Uint8Array, at: number): Position | null {
  let position = ''
  for (let i = at; i < bytes.length && bytes[i] !== 0; i++) {
    const digit = DIGITS[bytes[i]! - 1]
    if (digit === undefined || position.endsWith(END)) return null
    if (digit !== END && position.length === MAX_PATH_NIBBLES) return null
    position += digit
  }
  return position
}

/**
 * Encodes paths and positions as bytes: hex-prefix encoding, strict. A trie node flags a leaf; a position sets the same
 * flag for the place behind the path's subtree. geth writes both as a sixteenth nibble at the end.
 *
 *     0x00  even      0x20  even, behind the subtree
 *     0x1n  odd       0x3n  odd, behind the subtree
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { decodeHexPrefix, encodeHexPrefix, hexPrefixNibbles } from '../trie/hex-prefix.ts'
import { END, MAX_PATH_NIBBLES, type Path, type Position } from '../trie/path.ts'
import { malformed, type ProtocolError } from './error.ts'

/** Encodes a path: 1 byte for the root, 65 at most. */
export function encodePath(path: Path): Uint8Array {
  return encodeHexPrefix(path, false)
}

/** Decodes the bytes of {@link encodePath}. Throws {@link ProtocolError} `malformedMessage`. */
export function decodePath(bytes: Uint8Array): Path {
  const position = decodePosition(bytes)
  if (position.endsWith(END)) throw bad('a path has no end flag', bytes)
  return position as Path
}

/** Encodes a position like its path, with the flag set if the position lies behind the path's subtree. */
export function encodePosition(position: Position): Uint8Array {
  const behind = position.endsWith(END)
  return encodeHexPrefix((behind ? position.slice(0, -END.length) : position) as Path, behind)
}

/** Decodes the bytes of {@link encodePosition}. Throws {@link ProtocolError} `malformedMessage`. */
export function decodePosition(bytes: Uint8Array): Position {
  const nibbles = hexPrefixNibbles(bytes[0] ?? 0, bytes.length)
  if (nibbles > MAX_PATH_NIBBLES) throw bad(`a path has at most ${MAX_PATH_NIBBLES} nibbles`, bytes)
  const decoded = decodeHexPrefix(bytes)
  if (decoded === null) throw bad('not the hex-prefix encoding of a path', bytes)
  return decoded.leaf ? decoded.key + END : decoded.key
}

function bad(rule: string, bytes: Uint8Array): ProtocolError {
  return malformed(rule, { got: bytesToHex(bytes.subarray(0, 66)) })
}

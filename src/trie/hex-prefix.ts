/**
 * Hex-prefix encoding (Yellow Paper, appendix C): the nibbles of a leaf's or an extension's key as bytes. The high
 * nibble of the first byte is a flag: 2 for a leaf, plus 1 for an odd count. With an even count, the low nibble of the
 * first byte is zero.
 */
import { nibbleAt, type Path, pathOfNibbles } from './path.ts'

/** Returns the hex-prefix bytes of `key`. */
export function encodeHexPrefix(key: Path, leaf: boolean): Uint8Array {
  const odd = key.length % 2
  const bytes = new Uint8Array(1 + (key.length >> 1))
  bytes[0] = ((leaf ? 2 : 0) + odd) << 4
  if (odd) bytes[0] |= nibbleAt(key, 0)
  for (let i = odd, at = 1; i < key.length; i += 2, at++) bytes[at] = (nibbleAt(key, i) << 4) | nibbleAt(key, i + 1)
  return bytes
}

/**
 * Decodes `bytes` to a key and its kind. Returns `null` for an encoding that is not canonical: no bytes, a flag above
 * 3, padding.
 */
export function decodeHexPrefix(bytes: Uint8Array): { readonly key: Path; readonly leaf: boolean } | null {
  const first = bytes[0]
  if (first === undefined || !isHexPrefix(first)) return null
  const nibbles = new Uint8Array(hexPrefixNibbles(first, bytes.length))
  writeHexPrefixNibbles(bytes, 0, bytes.length, nibbles, 0)
  return { key: pathOfNibbles(nibbles), leaf: isLeafPrefix(first) }
}

/** True if `first` can be the first byte of a hex-prefix encoding. */
export function isHexPrefix(first: number): boolean {
  return first < 0x40 && ((first & 0x10) !== 0 || (first & 0x0f) === 0)
}

/** True if an encoding with this first byte belongs to a leaf. */
export function isLeafPrefix(first: number): boolean {
  return (first & 0x20) !== 0
}

/** Returns the number of nibbles in an encoding of `length` bytes with this first byte. */
export function hexPrefixNibbles(first: number, length: number): number {
  return 2 * (length - 1) + ((first >> 4) & 1)
}

/** Writes the nibbles of the encoding `bytes[start, end)` to `target`, one nibble per byte. */
export function writeHexPrefixNibbles(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
): void {
  let to = at
  if ((bytes[start]! & 0x10) !== 0) target[to++] = bytes[start]! & 0x0f
  for (let i = start + 1; i < end; i++) {
    target[to++] = bytes[i]! >> 4
    target[to++] = bytes[i]! & 0x0f
  }
}

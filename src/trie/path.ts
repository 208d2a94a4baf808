/**
 * Paths: the place of a node in the one ordered sequence of a state.
 *
 * A path is a string of lower-case hex digits, one per nibble. An account-trie node at nibbles `a` has path `a` (0 to
 * 63 digits). A storage-trie node of the account with hashed address `h`, at nibbles `s` of the storage trie, has path
 * `h ‖ s` (64 to 128 digits). Plain string comparison (`<`) is the path order, and a prefix sorts before its
 * extensions. The order of all paths is the pre-order walk of the account trie, with each storage trie right behind the
 * leaf of its account.
 */
import { bytesToHex } from '@noble/hashes/utils.js'

declare const pathBrand: unique symbol

/** The nibbles of a path as hex digits, at most {@link MAX_PATH_NIBBLES}; see the head of this file. */
export type Path = string & { readonly [pathBrand]: true }

/** Nibbles in the hashed key of an account or of a slot. */
export const KEY_NIBBLES = 64
/** The longest path: a storage leaf at full depth. */
export const MAX_PATH_NIBBLES = 128

/** The path of the root. */
export const ROOT_PATH = '' as Path

/**
 * A character behind every nibble: `path + END` is the first position after the subtree of `path`, `END` alone the end
 * of all.
 */
export const END = 'g'

/** A place in the path order: a path, or a path with {@link END} appended. */
export type Position = string

/** Returns the path of a 32-byte key (a hashed address). The path of a slot is two keys in a row. */
export function pathOfKey(key: Uint8Array): Path {
  return bytesToHex(key) as Path
}

/** Returns the position right behind everything at or below `path`. */
export function subtreeEnd(path: Path): Position {
  return path + END
}

/** True if `path` lies at or below `ancestor`. */
export function isWithin(path: Position, ancestor: Path): boolean {
  return path.startsWith(ancestor)
}

/** Returns the number of leading nibbles that `a` and `b` share. */
export function sharedNibbles(a: string, b: string): number {
  const most = Math.min(a.length, b.length)
  let i = 0
  while (i < most && a.charCodeAt(i) === b.charCodeAt(i)) i++
  return i
}

/** Returns the value of the nibble at `index`, 0 to 15. */
export function nibbleAt(path: string, index: number): number {
  const code = path.charCodeAt(index)
  return code < 0x3a ? code - 0x30 : code - 0x57
}

/** Returns nibble values (one per byte) as a path. */
export function pathOfNibbles(nibbles: Uint8Array, start = 0, end: number = nibbles.length): Path {
  let text = ''
  for (let i = start; i < end; i++) text += HEX_DIGITS[nibbles[i]!]
  return text as Path
}

/** Writes the nibble values of `path` to `target`, one per byte. */
export function writeNibbles(path: string, target: Uint8Array, at = 0): void {
  for (let i = 0; i < path.length; i++) target[at + i] = nibbleAt(path, i)
}

const HEX_DIGITS = '0123456789abcdef'

/**
 * Paths: the place of a node in the one ordered sequence of a state.
 *
 * A path is a string of lower-case hex digits, one per nibble. An account-trie node at nibbles `a` has path `a` (0 to
 * 63 digits). A storage-trie node of the account with hashed address `h`, at nibbles `s` of the storage trie, has path
 * `h ‖ s` (64 to 128 digits). Plain string comparison (`<`) is the path order, and a prefix sorts before its
 * extensions. The order of all paths is the pre-order walk of the account trie, with each storage trie right behind the
 * leaf of its account.
 */
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
  const digits = digitsFor(2 * key.length)
  for (let i = 0; i < key.length; i++) {
    digits[2 * i] = HEX_DIGITS[key[i]! >> 4]!
    digits[2 * i + 1] = HEX_DIGITS[key[i]! & 0x0f]!
  }
  return ascii.decode(digits) as Path
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
  const digits = digitsFor(end - start)
  for (let i = start; i < end; i++) digits[i - start] = HEX_DIGITS[nibbles[i]!]!
  return ascii.decode(digits) as Path
}

/** Writes the nibble values of `path` to `target`, one per byte. */
export function writeNibbles(path: string, target: Uint8Array, at = 0): void {
  for (let i = 0; i < path.length; i++) target[at + i] = nibbleAt(path, i)
}

const HEX_DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
/**
 * The digits of a path in the making. A text put together digit by digit stays a tree of parts in V8 until a reader
 * comes: 2 kB for 128 digits. Paths wait by the thousand, in gaps and in requests.
 */
const scratch = new Uint8Array(MAX_PATH_NIBBLES)
const ascii = new TextDecoder('latin1')

/** A damaged node may have a longer path than a state. */
function digitsFor(length: number): Uint8Array {
  return length <= scratch.length ? scratch.subarray(0, length) : new Uint8Array(length)
}

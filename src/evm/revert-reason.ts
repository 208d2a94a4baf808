/** The reason of a revert: Solidity's `Error(string)` and `Panic(uint256)`, in geth's words. */
import { bytesToBigInt, bytesToHex } from '@ethereumjs/util'

const ERROR = '0x08c379a0'
const PANIC = '0x4e487b71'
const WORD_BYTES = 32

/**
 * The meanings of Solidity's panic codes:
 * https://docs.soliditylang.org/en/latest/control-structures.html#panic-via-assert-and-error-via-require
 */
const PANICS: ReadonlyMap<bigint, string> = new Map([
  [0x00n, 'generic panic'],
  [0x01n, 'assert(false)'],
  [0x11n, 'arithmetic underflow or overflow'],
  [0x12n, 'division or modulo by zero'],
  [0x21n, 'enum overflow'],
  [0x22n, 'invalid encoded storage byte array accessed'],
  [0x31n, 'out-of-bounds array access; popping on an empty array'],
  [0x32n, 'out-of-bounds access of an array or bytesN'],
  [0x41n, 'out of memory'],
  [0x51n, 'uninitialized function'],
])

/** Returns the reason; `null` if the data has no known form. */
export function revertReason(data: Uint8Array): string | null {
  const selector = bytesToHex(data.subarray(0, 4))
  if (selector === PANIC && data.length >= 36) {
    const panic = bytesToBigInt(data.subarray(4, 36))
    return PANICS.get(panic) ?? `unknown panic code: 0x${panic.toString(16)}`
  }
  return selector === ERROR ? textOf(data.subarray(4)) : null
}

/** Decodes the only argument of a function, a string: an offset, and there the length and the bytes. */
function textOf(encoded: Uint8Array): string | null {
  const offset = numberAt(encoded, 0)
  const length = numberAt(encoded, offset)
  const start = offset + WORD_BYTES
  if (!(start + length <= encoded.length)) return null
  return new TextDecoder().decode(encoded.subarray(start, start + length))
}

/** Returns the word at `at`; `NaN` if a part of the word lies beyond the end. */
function numberAt(bytes: Uint8Array, at: number): number {
  return at + WORD_BYTES <= bytes.length ? Number(bytesToBigInt(bytes.subarray(at, at + WORD_BYTES))) : Number.NaN
}

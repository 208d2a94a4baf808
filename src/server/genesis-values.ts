/**
 * Parses the values of a genesis.json by the rules of geth. Each parser throws `SyntaxError` for an invalid value,
 * naming its keys.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import type { Scalar } from './json-walker.ts'

/** Returns the name of the value at `keys`, for errors. */
export function nameOf(keys: readonly string[]): string {
  return keys.length === 0 ? 'a genesis' : shortened(keys.join('.'))
}

/** Returns a value as text, for errors. */
export function textOf(value: Scalar): string {
  return shortened(typeof value === 'string' ? JSON.stringify(value) : String(value))
}

/** Shortens keys and values of any length, because an error is one line. */
function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

/** Parses a decimal text, a hex text with 0x, or a JSON number of any size. */
export function integerOf(keys: readonly string[], value: Scalar, maxBytes: number): bigint {
  const isExact = typeof value === 'bigint' ? value >= 0n : Number.isSafeInteger(value) && (value as number) >= 0
  const isText = typeof value === 'string' && value.length <= MAX_DIGITS && /^(0x[0-9a-f]*|[0-9]*)$/i.test(value)
  if (!isExact && !isText) throw new SyntaxError(`${nameOf(keys)} is not an integer: ${textOf(value)}`)
  const integer = value === '0x' || value === '0X' ? 0n : BigInt(value as string | number | bigint)
  if (integer >> BigInt(8 * maxBytes) !== 0n) throw new SyntaxError(`${nameOf(keys)} has more than ${maxBytes} bytes`)
  return integer
}

/** More digits than any integer of 32 bytes has, with room for leading zeros. Longer texts take long to parse. */
const MAX_DIGITS = 1_000

/** Parses whole bytes in hex, with or without 0x. */
export function bytesOfHex(name: string, value: Scalar): Uint8Array {
  const digits = typeof value === 'string' ? /^(?:0x)?((?:[0-9a-f]{2})*)$/i.exec(value)?.[1] : undefined
  if (digits === undefined) throw new SyntaxError(`${name} is not hex`)
  return hexToBytes(digits)
}

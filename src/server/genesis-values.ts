/** The values of a genesis.json, by the rules of geth. All throw `SyntaxError` for what is none, which names it by its keys. */
import { hexToBytes } from '@noble/hashes/utils.js'
import type { Scalar } from './json-walker.ts'

/** What errors call the value at `keys`. */
export function nameOf(keys: readonly string[]): string {
  return keys.length === 0 ? 'a genesis' : shortened(keys.join('.'))
}

/** What errors say of a value. */
export function textOf(value: Scalar): string {
  return shortened(typeof value === 'string' ? JSON.stringify(value) : String(value))
}

/** Keys and values of a file can be of any length; an error is one line. */
function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

/** Decimal, or hex with 0x; or a number of JSON, of any size. */
export function integerOf(keys: readonly string[], value: Scalar, maxBytes: number): bigint {
  const isExact = typeof value === 'bigint' ? value >= 0n : Number.isSafeInteger(value) && (value as number) >= 0
  const isText = typeof value === 'string' && value.length <= MAX_DIGITS && /^(0x[0-9a-f]*|[0-9]*)$/i.test(value)
  if (!isExact && !isText) throw new SyntaxError(`${nameOf(keys)} is not an integer: ${textOf(value)}`)
  const integer = value === '0x' || value === '0X' ? 0n : BigInt(value as string | number | bigint)
  if (integer >> BigInt(8 * maxBytes) !== 0n) throw new SyntaxError(`${nameOf(keys)} has more than ${maxBytes} bytes`)
  return integer
}

/** More than any integer of 32 bytes has, with room for leading zeros: longer ones take long to read. */
const MAX_DIGITS = 1_000

/** Whole bytes in hex, with or without 0x. */
export function bytesOfHex(name: string, value: Scalar): Uint8Array {
  const digits = typeof value === 'string' ? /^(?:0x)?((?:[0-9a-f]{2})*)$/i.exec(value)?.[1] : undefined
  if (digits === undefined) throw new SyntaxError(`${name} is not hex`)
  return hexToBytes(digits)
}

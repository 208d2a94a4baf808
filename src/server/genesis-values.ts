/** The values of a genesis.json, by the rules of geth. All throw `SyntaxError` for what is none, which names it by its keys. */
import { hexToBytes } from '@noble/hashes/utils.js'
import type { Scalar } from './json-walker.ts'

/** What errors call the value at `keys`. */
export function nameOf(keys: readonly string[]): string {
  return keys.length === 0 ? 'a genesis' : keys.join('.')
}

/** Decimal, or hex with 0x; or a number that JSON can hold. */
export function integerOf(keys: readonly string[], value: Scalar, maxBytes: number): bigint {
  const isExact = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
  const isText = typeof value === 'string' && /^(0x[0-9a-f]*|[0-9]*)$/i.test(value)
  if (!isExact && !isText) throw new SyntaxError(`${nameOf(keys)} is not an integer: ${JSON.stringify(value)}`)
  const integer = value === '0x' ? 0n : BigInt(value)
  if (integer >> BigInt(8 * maxBytes) !== 0n) throw new SyntaxError(`${nameOf(keys)} has more than ${maxBytes} bytes`)
  return integer
}

/** Whole bytes in hex, with or without 0x. */
export function bytesOfHex(name: string, value: Scalar): Uint8Array {
  const digits = typeof value === 'string' ? /^(?:0x)?((?:[0-9a-f]{2})*)$/i.exec(value)?.[1] : undefined
  if (digits === undefined) throw new SyntaxError(`${name} is not hex`)
  return hexToBytes(digits)
}

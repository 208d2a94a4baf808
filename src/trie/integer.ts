/** Unsigned integers in their RLP form: big-endian, without leading zeros, zero as no bytes. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'

/** Returns the minimal big-endian bytes of `value`; none for zero. */
export function bytesOf(value: bigint | number): Uint8Array {
  if (value === 0n || value === 0) return new Uint8Array()
  const digits = value.toString(16)
  return hexToBytes(digits.length % 2 === 0 ? digits : `0${digits}`)
}

/** Returns the integer of big-endian bytes; zero for none. */
export function bigintOf(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytesToHex(bytes)}`)
}

/**
 * Keys of `wanted`: generation (4 bytes, big-endian) | code hash (32 bytes) | checksum of both (4 bytes, big-endian).
 * Without the checksum, a flipped bit in a hash would make a sync want a code which does not exist, forever, and forget
 * the right one.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { checksum } from './checksum.ts'

interface WantedKey {
  readonly generation: number
  /** 64 hex digits. */
  readonly hash: string
}

const CHECKSUM_AT = 36

export function encodeWantedKey({ generation, hash }: WantedKey): Uint8Array {
  const bytes = new Uint8Array(CHECKSUM_AT + 4)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, generation)
  bytes.set(hexToBytes(hash), 4)
  view.setUint32(CHECKSUM_AT, checksum(bytes, CHECKSUM_AT))
  return bytes
}

/** Decodes a key; `null`: the bytes are no key. */
export function decodeWantedKey(bytes: Uint8Array): WantedKey | null {
  if (bytes.length !== CHECKSUM_AT + 4) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  if (view.getUint32(CHECKSUM_AT) !== checksum(bytes, CHECKSUM_AT)) return null
  return { generation: view.getUint32(0), hash: bytesToHex(bytes.subarray(4, CHECKSUM_AT)) }
}

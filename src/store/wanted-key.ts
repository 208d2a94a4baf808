/** Keys of `wanted`: generation (4 bytes, big-endian) | code hash (32 bytes). */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'

export interface WantedKey {
  readonly generation: number
  /** 64 hex digits. */
  readonly hash: string
}

export function encodeWantedKey({ generation, hash }: WantedKey): Uint8Array {
  const bytes = new Uint8Array(36)
  new DataView(bytes.buffer).setUint32(0, generation)
  bytes.set(hexToBytes(hash), 4)
  return bytes
}

/** What the key says, or `null` if it is none. */
export function decodeWantedKey(bytes: Uint8Array): WantedKey | null {
  if (bytes.length !== 36) return null
  const generation = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  return { generation, hash: bytesToHex(bytes.subarray(4)) }
}

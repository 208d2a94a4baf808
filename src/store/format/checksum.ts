/**
 * CRC-32 (IEEE 802.3, as in zlib) for keys and `meta`: both are believed without a hash, and every flipped bit shows. A
 * checksum is no defence against intent. In the end, nothing read from disk is believed without a hash.
 */

/** Returns the checksum of `bytes[0, end)`: 32 bits, unsigned. */
export function checksum(bytes: Uint8Array, end: number = bytes.length): number {
  let crc = 0xffff_ffff
  for (let i = 0; i < end; i++) crc = TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffff_ffff) >>> 0
}

const TABLE = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb8_8320 ^ (crc >>> 1) : crc >>> 1
  return crc
})

/**
 * CRC-32 (IEEE 802.3, as in zlib), for what is believed from keys and `meta` alone and that no hash protects: every flipped
 * bit shows. It is no defence against somebody who means it; nothing read from disk is believed without a hash in the end.
 */

/** The checksum of `bytes[0, end)`, 32 bits, unsigned. */
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

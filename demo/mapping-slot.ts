/** Slots of Solidity mappings by address. For any thread, without a document. */
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'

/** Returns the slot of the entry for `address` in the mapping at `slot`: `0x` and 64 hex digits. */
export function mappingSlot(address: string, slot: bigint): `0x${string}` {
  const preimage = address.slice(2).padStart(64, '0') + slot.toString(16).padStart(64, '0')
  return `0x${bytesToHex(keccak_256(hexToBytes(preimage)))}`
}

/** The arguments of the application as bytes. Throws the errors of the checks in `input.ts`. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { checkAddress, checkRoot, checkSlot, checkTrust, type SlotNumber, type TrustInput } from './input.ts'

/** Returns the 32 bytes of a root. */
export function parseRoot(root: string): Uint8Array {
  return hexToBytes(checkRoot(root))
}

/** Returns the 20 bytes of an address. */
export function parseAddress(address: string): Uint8Array {
  return hexToBytes(checkAddress(address))
}

/** Returns the number of a slot as 32 bytes. */
export function parseSlot(slot: SlotNumber): Uint8Array {
  return hexToBytes(checkSlot(slot).toString(16).padStart(64, '0'))
}

/** A root, with the number of its block if known; or a block's hash, with the RLP of its header if given. */
export type Trusted =
  | { readonly root: Uint8Array; readonly blockNumber: number | undefined }
  | { readonly block: Uint8Array; readonly header: Uint8Array | undefined }

export function parseTrust(input: TrustInput): Trusted {
  const { root, blockNumber, block, header } = checkTrust(input)
  if (block === undefined) return { root: hexToBytes(root), blockNumber }
  return { block: hexToBytes(block), header: header === undefined ? undefined : hexToBytes(header) }
}

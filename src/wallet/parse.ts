/** What an application passes in, as bytes. Throws what the checks of `input.ts` do. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { checkAddress, checkRoot, checkSlot, checkTrust, type SlotNumber, type TrustInput } from './input.ts'

/** The 32 bytes of a root. */
export function parseRoot(root: string): Uint8Array {
  return hexToBytes(checkRoot(root))
}

/** The 20 bytes of an address. */
export function parseAddress(address: string): Uint8Array {
  return hexToBytes(checkAddress(address))
}

/** The 32 bytes of a slot's number. */
export function parseSlot(slot: SlotNumber): Uint8Array {
  return hexToBytes(checkSlot(slot).toString(16).padStart(64, '0'))
}

/** A root, and the number of its block if it is known; or a block's hash, and the RLP of its header if it was given. */
export type Trusted =
  | { readonly root: Uint8Array; readonly blockNumber: number | undefined }
  | { readonly block: Uint8Array; readonly header: Uint8Array | undefined }

export function parseTrust(input: TrustInput): Trusted {
  const { root, blockNumber, block, header } = checkTrust(input)
  if (block === undefined) return { root: hexToBytes(root), blockNumber }
  return { block: hexToBytes(block), header: header === undefined ? undefined : hexToBytes(header) }
}

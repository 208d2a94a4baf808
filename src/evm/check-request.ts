/**
 * Rejects calls no block could contain, whatever the state. The rules are those of geth's `preCheck`, as far as they
 * apply to calls.
 */
import type { Common } from '@ethereumjs/common'
import type { CallRequest } from '../wallet/provider/types.ts'
import { MAX_BLOBS } from './constants.ts'
import { callFailed } from './errors.ts'
import type { Fees } from './fees.ts'

/** The form of the hash of a KZG commitment, by EIP-4844. */
const BLOB_HASH = /^0x01/

/** Throws `callFailed` for an impossible call. `blobFee` is the price of blob gas in wei; `null` if unknown. */
export function checkRequest(request: CallRequest, { blobCap }: Fees, blobFee: bigint | null, common: Common): void {
  const { to, blobVersionedHashes: blobs, authorizationList } = request
  if (blobs !== undefined) {
    if (to === undefined) throw callFailed('blob transaction of type create')
    if (blobs.length === 0) throw callFailed('blob transaction missing blob hashes')
    if (common.isActivatedEIP(7594) && blobs.length > MAX_BLOBS) throw callFailed('blob transaction has too many blobs')
    const other = blobs.findIndex((hash) => !BLOB_HASH.test(hash))
    if (other >= 0) throw callFailed(`blob ${other} has invalid hash version`)
    if (blobCap !== null && blobCap > 0n && blobFee !== null && blobCap < blobFee) {
      throw callFailed(`max fee per blob gas less than block blob gas fee: fee cap ${blobCap}, blob fee ${blobFee}`)
    }
  }
  if (authorizationList === undefined) return
  if (to === undefined) throw callFailed('EIP-7702 transaction cannot be used to create contract')
  if (authorizationList.length === 0) throw callFailed('EIP-7702 transaction with empty auth list')
}

/** What a call offers for its gas, and whether its sender can pay: the checks of geth's `preCheck` and `buyGas`. */
import type { CallRequest } from '../wallet/provider/types.ts'
import type { CallContext } from './call-context.ts'
import { BLOB_GAS } from './constants.ts'
import { callFailed } from './errors.ts'

export interface Fees {
  /** The most that a unit of gas may cost. */
  readonly cap: bigint
  /** What it does cost, which GASPRICE says; `null`: that takes the base fee, and the header is not known. */
  readonly price: bigint | null
  /** The most that a unit of blob gas may cost; `null`: the call does not say, and has no blobs. */
  readonly blobCap: bigint | null
}

/** Nothing, unless the call names a price. Throws `callFailed` for an offer that no block would take. */
export function feesOf(request: CallRequest, context: CallContext): Fees {
  const { gasPrice, maxFeePerGas = 0n, maxPriorityFeePerGas = 0n, maxFeePerBlobGas, blobVersionedHashes } = request
  const [cap, tip] = gasPrice === undefined ? [maxFeePerGas, maxPriorityFeePerGas] : [gasPrice, gasPrice]
  const blobCap = maxFeePerBlobGas ?? (blobVersionedHashes === undefined ? null : 0n)
  if (tip > cap) {
    throw callFailed(`max priority fee per gas higher than max fee per gas: tip ${tip}, fee cap ${cap}`)
  }
  const { baseFee, header } = context
  if (cap > 0n && baseFee !== null && cap < baseFee) {
    throw callFailed(`max fee per gas less than block base fee: fee cap ${cap}, base fee ${baseFee}`)
  }
  if (gasPrice !== undefined || cap === 0n) return { cap, price: cap, blobCap }
  if (header === null && baseFee === null) return { cap, price: null, blobCap }
  const tipped = (baseFee ?? cap) + tip
  return { cap, price: tipped < cap ? tipped : cap, blobCap }
}

/** What the sender must have, and what it pays before the call runs: its gas, and its blobs at `blobFee`. */
export function costOf(request: CallRequest, gas: bigint, fees: Fees, blobFee: bigint) {
  const { value = 0n, blobVersionedHashes = [] } = request
  const blobGas = BLOB_GAS * BigInt(blobVersionedHashes.length)
  return {
    atMost: value + gas * fees.cap + blobGas * (fees.blobCap ?? 0n),
    // At a price that is not known, it is left what it has.
    prepaid: gas * (fees.price ?? 0n) + blobGas * blobFee,
  }
}

/** Throws `callFailed` unless `balance` covers `cost`. */
export function checkFunds(balance: bigint, cost: bigint): void {
  // The words by which libraries know it.
  if (balance < cost) throw callFailed(`insufficient funds for gas * price + value: have ${balance}, want ${cost}`)
}

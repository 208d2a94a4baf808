/**
 * The price offered by a call for its gas, and the sender's ability to pay: the checks of geth's `preCheck` and
 * `buyGas`.
 */
import type { CallRequest } from '../wallet/provider/types.ts'
import type { CallContext } from './call-context.ts'
import { BLOB_GAS } from './constants.ts'
import { callFailed } from './errors.ts'

export interface Fees {
  /** The highest price of a unit of gas, in wei. */
  readonly cap: bigint
  /**
   * The actual price of a unit of gas in wei, as returned by GASPRICE; `null`: the price depends on the base fee, and
   * the header is unknown.
   */
  readonly price: bigint | null
  /** The highest price of a unit of blob gas in wei; `null`: the call names none and has no blobs. */
  readonly blobCap: bigint | null
}

/** Returns the prices of a call; zero if the call names none. Throws `callFailed` for an offer no block would take. */
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

/**
 * Returns the funds required from the sender, and the payment before the call runs: gas, and blobs at `blobFee`. All in
 * wei.
 */
export function costOf(request: CallRequest, gas: bigint, fees: Fees, blobFee: bigint) {
  const { value = 0n, blobVersionedHashes = [] } = request
  const blobGas = BLOB_GAS * BigInt(blobVersionedHashes.length)
  return {
    atMost: value + gas * fees.cap + blobGas * (fees.blobCap ?? 0n),
    // At an unknown price the sender pays nothing for gas in advance.
    prepaid: gas * (fees.price ?? 0n) + blobGas * blobFee,
  }
}

/** Throws `callFailed` unless `balance` covers `cost`. */
export function checkFunds(balance: bigint, cost: bigint): void {
  // Libraries recognize the error by these words.
  if (balance < cost) throw callFailed(`insufficient funds for gas * price + value: have ${balance}, want ${cost}`)
}

/** What a call offers for its gas, and whether its sender can pay: the checks of geth's `preCheck` and `buyGas`. */
import type { CallBlock, CallRequest } from '../wallet/provider/types.ts'
import { callFailed } from './errors.ts'

export interface Fees {
  /** The most that a unit of gas may cost. */
  readonly cap: bigint
  /** What it does cost, which GASPRICE says; `null`: that takes the base fee, and the header is not known. */
  readonly price: bigint | null
}

/** Nothing, unless the call names a price. Throws `callFailed` for an offer that no block would take. */
export function feesOf(request: CallRequest, { header }: CallBlock): Fees {
  const { gasPrice, maxFeePerGas = 0n, maxPriorityFeePerGas: tip = 0n } = request
  const cap = gasPrice ?? maxFeePerGas
  if (gasPrice === undefined && tip > cap) {
    throw callFailed(`max priority fee per gas higher than max fee per gas: tip ${tip}, fee cap ${cap}`)
  }
  const baseFee = header?.baseFeePerGas ?? null
  if (cap > 0n && baseFee !== null && cap < baseFee) {
    throw callFailed(`max fee per gas less than block base fee: fee cap ${cap}, base fee ${baseFee}`)
  }
  if (gasPrice !== undefined || cap === 0n) return { cap, price: cap }
  if (header === null) return { cap, price: null }
  const tipped = (baseFee ?? cap) + tip
  return { cap, price: tipped < cap ? tipped : cap }
}

/** Throws `callFailed` unless `balance` covers the value, and `gas` at its highest price. */
export function checkFunds(balance: bigint, { value = 0n }: CallRequest, gas: bigint, { cap }: Fees): void {
  const cost = value + gas * cap
  // The words by which libraries know it.
  if (balance < cost) throw callFailed(`insufficient funds for gas * price + value: have ${balance}, want ${cost}`)
}

/** The price of blob gas, computed from a header's excess blob gas by EIP-4844 (`fake_exponential`). */
import { type Common, Hardfork } from '@ethereumjs/common'

/** The lowest price, one wei, by EIP-4844. */
const MIN_BLOB_BASE_FEE = 1n
/** How slowly the price follows the excess: by EIP-4844, and since Prague by EIP-7691. */
const CANCUN_FRACTION = 3_338_477n
const PRAGUE_FRACTION = 5_007_716n

/** Returns the price of one unit of blob gas, in wei. */
export function blobBaseFee(excessBlobGas: bigint, common: Common): bigint {
  const denominator = fractionOf(common)
  let output = 0n
  let accumulator = MIN_BLOB_BASE_FEE * denominator
  for (let i = 1n; accumulator > 0n; i++) {
    output += accumulator
    accumulator = (accumulator * excessBlobGas) / (denominator * i)
  }
  return output / denominator
}

function fractionOf(common: Common): bigint {
  // `Common` lists the fraction for forks changing only blob parameters (Bpo1 and later).
  if (common.gteHardfork(Hardfork.Bpo1)) return common.param('blobGasPriceUpdateFraction')
  return common.gteHardfork(Hardfork.Prague) ? PRAGUE_FRACTION : CANCUN_FRACTION
}

/** The gas of a transaction before any code runs: the Yellow Paper's g0, with EIP-2028, 2930, 3860, 7623 and 7702. */
import type { Common } from '@ethereumjs/common'
import { hexToBytes } from '@ethereumjs/util'
import type { CallRequest } from '../wallet/provider/types.ts'

const TRANSACTION_GAS = 21_000n
const CREATION_GAS = 32_000n
const ZERO_BYTE_GAS = 4n
const BYTE_GAS = 16n
const BYTE_GAS_BEFORE_ISTANBUL = 68n
const INITCODE_WORD_GAS = 2n
const ACCESSED_ADDRESS_GAS = 2_400n
const ACCESSED_SLOT_GAS = 1_900n
const AUTHORIZATION_GAS = 25_000n
/** The floor price of a token, by EIP-7623. A zero byte is one token, any other byte four tokens. */
const FLOOR_TOKEN_GAS = 10n

export interface IntrinsicGas {
  /** The gas charged before the call runs. */
  readonly base: bigint
  /** The least gas charged in total, after the call has run. */
  readonly floor: bigint
}

export function intrinsicGas(request: CallRequest, common: Common): IntrinsicGas {
  const { to, data = '0x', accessList = [], authorizationList = [] } = request
  const bytes = hexToBytes(data as `0x${string}`)
  const zeros = BigInt(bytes.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0))
  const others = BigInt(bytes.length) - zeros
  const byteGas = common.gteHardfork('istanbul') ? BYTE_GAS : BYTE_GAS_BEFORE_ISTANBUL
  let base = TRANSACTION_GAS + zeros * ZERO_BYTE_GAS + others * byteGas
  base += AUTHORIZATION_GAS * BigInt(authorizationList.length)
  if (to === undefined) {
    base += CREATION_GAS
    if (common.isActivatedEIP(3860)) base += INITCODE_WORD_GAS * ((BigInt(bytes.length) + 31n) / 32n)
  }
  for (const { storageKeys } of accessList)
    base += ACCESSED_ADDRESS_GAS + ACCESSED_SLOT_GAS * BigInt(storageKeys.length)
  const floor = common.isActivatedEIP(7623) ? TRANSACTION_GAS + FLOOR_TOKEN_GAS * (zeros + 4n * others) : 0n
  return { base, floor }
}

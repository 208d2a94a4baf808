/** The block seen by a call: the known fields of the header, under the overrides. */
import type { BlockHeader } from '../wallet/header.ts'
import type { BlockOverrides, CallBlock, CallOptions } from '../wallet/provider/types.ts'

/** The fields of a block. `null`: unknown, or the block has no such field. */
export interface CallContext {
  readonly number: bigint | null
  readonly timestamp: bigint | null
  readonly coinbase: string | null
  readonly difficulty: bigint | null
  readonly prevRandao: string | null
  readonly gasLimit: bigint | null
  readonly baseFee: bigint | null
  readonly excessBlobGas: bigint | null
  /** An overridden price of blob gas, in wei; `null`: the price follows from {@link excessBlobGas}. */
  readonly blobBaseFee: bigint | null
  /** The real header, without overrides. BLOCKHASH counts back from the real block. */
  readonly header: BlockHeader | null
}

export function contextOf({ number, header }: CallBlock, { blockOverrides = {} }: CallOptions): CallContext {
  const overrides: BlockOverrides = blockOverrides
  return {
    number: overrides.number ?? (number === null ? null : BigInt(number)),
    timestamp: overrides.time ?? (header === null ? null : BigInt(header.timestamp)),
    coinbase: overrides.feeRecipient ?? header?.miner ?? null,
    difficulty: overrides.difficulty ?? header?.difficulty ?? null,
    prevRandao: overrides.prevRandao ?? header?.mixHash ?? null,
    gasLimit: overrides.gasLimit ?? header?.gasLimit ?? null,
    baseFee: overrides.baseFeePerGas ?? header?.baseFeePerGas ?? null,
    excessBlobGas: header?.excessBlobGas ?? null,
    blobBaseFee: overrides.blobBaseFee ?? null,
    header,
  }
}

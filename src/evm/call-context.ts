/** The block that a call sees: what is known of it, under the overrides. */
import type { BlockHeader } from '../wallet/header.ts'
import type { BlockOverrides, CallBlock, CallOptions } from '../wallet/provider/types.ts'

/** `null`: not known, or the block has no such field. */
export interface CallContext {
  readonly number: bigint | null
  readonly timestamp: bigint | null
  readonly coinbase: string | null
  readonly difficulty: bigint | null
  readonly prevRandao: string | null
  readonly gasLimit: bigint | null
  readonly baseFee: bigint | null
  readonly excessBlobGas: bigint | null
  /** Instead of the one that follows from {@link excessBlobGas}. */
  readonly blobBaseFee: bigint | null
  /** Without overrides: BLOCKHASH goes back from the block that there is. */
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

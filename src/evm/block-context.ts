/**
 * The block in the form read by the EVM. Nothing is guessed: reading an unknown field ends the call, and only reading
 * ends the call.
 */
import type { Common } from '@ethereumjs/common'
import { type Address, createAddressFromString, hexToBytes } from '@ethereumjs/util'
import { blobBaseFee } from './blob-base-fee.ts'
import type { CallContext } from './call-context.ts'
import { CallError } from './errors.ts'
import type { Fees } from './fees.ts'

/** Returns the block for the EVM. Reading an unknown property throws `noBlockContext`. */
export function evmBlock(context: CallContext, fees: Fees, common: Common) {
  const know = <T>(opcode: string, value: T | null): T => {
    if (value === null) throw noBlockContext(opcode)
    return value
  }
  return {
    header: {
      get number(): bigint {
        return know('NUMBER', context.number)
      },
      get coinbase(): Address {
        return createAddressFromString(know('COINBASE', context.coinbase))
      },
      get timestamp(): bigint {
        return know('TIMESTAMP', context.timestamp)
      },
      get difficulty(): bigint {
        return know('DIFFICULTY', context.difficulty)
      },
      get prevRandao(): Uint8Array {
        return hexToBytes(know('PREVRANDAO', context.prevRandao) as `0x${string}`)
      },
      get gasLimit(): bigint {
        return know('GASLIMIT', context.gasLimit)
      },
      /**
       * The base fee; 0 for a call without a price, because `gasprice - basefee` is never negative in a transaction.
       */
      get baseFeePerGas(): bigint {
        return fees.price === 0n ? 0n : know('BASEFEE', context.baseFee)
      },
      get slotNumber(): bigint {
        throw noBlockContext('SLOTNUM')
      },
      getBlobGasPrice: (): bigint => (fees.blobCap === 0n ? 0n : know('BLOBBASEFEE', blobFeeOf(context, common))),
    },
  }
}

/** Returns the price of blob gas in wei; `null` if unknown. */
export function blobFeeOf({ blobBaseFee: fee, excessBlobGas }: CallContext, common: Common): bigint | null {
  if (fee !== null) return fee
  return excessBlobGas === null ? null : blobBaseFee(excessBlobGas, common)
}

const NO_HASH = new Uint8Array(32)

/**
 * Returns the source of BLOCKHASH. Only the parent's hash is known, from the header. Blocks from the header's own
 * number on have no hash (0). Older blocks throw `noBlockContext`; without a header, every block does.
 */
export function blockHashes({ header }: CallContext) {
  const hashes = {
    async getBlock(number: number) {
      if (header === null || number < header.number - 1) throw noBlockContext('BLOCKHASH')
      const hash = number >= header.number ? NO_HASH : hexToBytes(header.parentHash as `0x${string}`)
      return { hash: () => hash }
    },
    async putBlock() {},
    shallowCopy: () => hashes,
  }
  return hashes
}

export function noBlockContext(opcode: string): CallError {
  const message = `the call asks for ${opcode}, and the header of the block is not known, or does not say`
  return new CallError('noBlockContext', message, { details: { opcode } })
}

/**
 * What a call may know of its block: everything where the header is known, else its number at most. Whatever is not known
 * ends the call when it asks for it.
 */
import type { Common } from '@ethereumjs/common'
import { type Address, createAddressFromString, hexToBytes } from '@ethereumjs/util'
import type { BlockHeader } from '../wallet/header.ts'
import type { CallBlock } from '../wallet/provider/types.ts'
import { blobBaseFee } from './blob-base-fee.ts'
import { CallError } from './errors.ts'

/** A block in the form that the EVM reads; each property throws `noBlockContext` when it is read and not known. */
export function evmBlock(block: CallBlock, common: Common) {
  const know = <T>(opcode: string, read: (header: BlockHeader) => T | null): T => {
    const value = block.header === null ? null : read(block.header)
    if (value === null) throw noBlockContext(opcode)
    return value
  }
  return {
    header: {
      get number(): bigint {
        if (block.number === null) throw noBlockContext('NUMBER')
        return BigInt(block.number)
      },
      get coinbase(): Address {
        return know('COINBASE', ({ miner }) => createAddressFromString(miner))
      },
      get timestamp(): bigint {
        return know('TIMESTAMP', ({ timestamp }) => BigInt(timestamp))
      },
      get difficulty(): bigint {
        return know('DIFFICULTY', ({ difficulty }) => difficulty)
      },
      get prevRandao(): Uint8Array {
        return know('PREVRANDAO', ({ mixHash }) => hexToBytes(mixHash as `0x${string}`))
      },
      get gasLimit(): bigint {
        return know('GASLIMIT', ({ gasLimit }) => gasLimit)
      },
      get baseFeePerGas(): bigint {
        return know('BASEFEE', ({ baseFeePerGas }) => baseFeePerGas)
      },
      get slotNumber(): bigint {
        throw noBlockContext('SLOTNUM')
      },
      getBlobGasPrice: (): bigint =>
        know('BLOBBASEFEE', ({ excessBlobGas }) =>
          excessBlobGas === null ? null : blobBaseFee(excessBlobGas, common),
        ),
    },
  }
}

/** Hashes of earlier blocks: of the parent alone, which the header names. */
export function blockHashes({ header }: CallBlock) {
  const hashes = {
    async getBlock(number: number) {
      if (header === null || number !== header.number - 1) throw noBlockContext('BLOCKHASH')
      return { hash: () => hexToBytes(header.parentHash as `0x${string}`) }
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

/** A known header in the shape of `eth_getBlockBy…`. */
import type { BlockHeader } from '../header.ts'
import { ProviderRpcError, RPC_CODE } from './rpc-error.ts'

/** Root of no transactions. */
const NO_TRANSACTIONS = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'
/** Hash of no uncles. */
const NO_UNCLES = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347'

const quantity = (value: bigint | number): string => `0x${value.toString(16)}`

/** The header's fields as JSON-RPC has them; those that the block is older than are left out. */
function headerFields(header: BlockHeader): Readonly<Record<string, string>> {
  const { baseFeePerGas, withdrawalsRoot, blobGasUsed, excessBlobGas, parentBeaconBlockRoot, requestsHash } = header
  const { hash, parentHash, sha3Uncles, miner, stateRoot, transactionsRoot, receiptsRoot, logsBloom } = header
  const { extraData, mixHash, nonce } = header
  const fields = {
    ...{ hash, parentHash, sha3Uncles, miner, stateRoot, transactionsRoot, receiptsRoot, logsBloom },
    ...{ extraData, mixHash, nonce },
    difficulty: quantity(header.difficulty),
    number: quantity(header.number),
    gasLimit: quantity(header.gasLimit),
    gasUsed: quantity(header.gasUsed),
    timestamp: quantity(header.timestamp),
    baseFeePerGas: baseFeePerGas === null ? null : quantity(baseFeePerGas),
    withdrawalsRoot,
    blobGasUsed: blobGasUsed === null ? null : quantity(blobGasUsed),
    excessBlobGas: excessBlobGas === null ? null : quantity(excessBlobGas),
    parentBeaconBlockRoot,
    requestsHash,
  }
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== null))
}

/**
 * The whole block: of one that is more than its header, the rest has to come from somewhere, `rest` of which nothing that the
 * header says is taken. Throws error -32001 without it.
 */
export function blockOf(header: BlockHeader, rest: unknown): Readonly<Record<string, unknown>> {
  if (typeof rest === 'object' && rest !== null) return { ...rest, ...headerFields(header) }
  if (isHeaderOnly(header)) {
    const withdrawals = header.withdrawalsRoot === null ? {} : { withdrawals: [] }
    return { ...headerFields(header), uncles: [], transactions: [], ...withdrawals }
  }
  const message = 'only the header of this block is known: its transactions take a fallback'
  throw new ProviderRpcError(RPC_CODE.resourceNotFound, message, { data: headerFields(header) })
}

/** True if there is nothing in the block but its header. */
export function isHeaderOnly({ transactionsRoot, sha3Uncles, withdrawalsRoot }: BlockHeader): boolean {
  const hasWithdrawals = withdrawalsRoot !== null && withdrawalsRoot !== NO_TRANSACTIONS
  return transactionsRoot === NO_TRANSACTIONS && sha3Uncles === NO_UNCLES && !hasWithdrawals
}

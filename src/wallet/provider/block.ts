/**
 * A known block in the shape of `eth_getBlockBy…`: its header, and the remaining fields from the fallback. The
 * fallback's fields are checked against the header as far as possible. Fields contradicting the header are left out.
 * Unprovable fields are believed only as far as the README says.
 */
import { RLP } from '@ethereumjs/rlp'
import { hexToBytes } from '@noble/hashes/utils.js'
import type { BlockHeader } from '../header.ts'
import { nonsense } from './fallback.ts'
import { orderedRoot } from './ordered-root.ts'
import { addressOf, quantityOf, recordOf } from './params.ts'
import { ProviderRpcError, RPC_CODE } from './rpc-error.ts'
import { type CheckedTransaction, quantityBytes, readTransaction } from './transactions.ts'

/** The root of an empty list of transactions or withdrawals. */
const NOTHING = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'
/** The hash of an empty list of uncles. */
const NO_UNCLES = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347'
/** The fallback's method for the remaining fields. */
const METHOD = 'eth_getBlockByHash'

export interface KnownBlock {
  readonly header: BlockHeader
  /** The RLP of the header. */
  readonly rlp: Uint8Array
  /** True if whole transactions are wanted, false for their hashes. */
  readonly isFull: boolean
}

type Fields = Readonly<Record<string, unknown>>

/** Returns the header's fields in the form of JSON-RPC. Fields newer than the block are left out. */
function headerFields(header: BlockHeader): Fields {
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
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

/** Returns true if the block contains nothing besides its header. */
export function isHeaderOnly({ transactionsRoot, sha3Uncles, withdrawalsRoot }: BlockHeader): boolean {
  const hasWithdrawals = withdrawalsRoot !== null && withdrawalsRoot !== NOTHING
  return transactionsRoot === NOTHING && sha3Uncles === NO_UNCLES && !hasWithdrawals
}

/**
 * Returns the whole block. `rest` is the fallback's block, used only for fields outside of the header. Throws error
 * -32001 if a missing `rest` is needed, and -32603 if `rest` is another block.
 */
export function blockOf(block: KnownBlock, rest: unknown): Fields {
  const { header } = block
  if (isHeaderOnly(header)) return wholeBlock(block, { uncles: [] }, [])
  if (rest === null || rest === undefined) {
    const message = 'only the header of this block is known: its transactions take a fallback'
    throw new ProviderRpcError(RPC_CODE.resourceNotFound, message, { data: headerFields(header) })
  }
  if (typeof rest !== 'object') throw nonsense(METHOD, 'a block')
  const given = rest as Fields
  const told = { uncles: header.sha3Uncles === NO_UNCLES ? [] : textsOf(given['uncles']) }
  if (header.transactionsRoot === NOTHING) return wholeBlock(block, told, [], given)
  const transactions = itemsOf(given['transactions'])
  if (transactions.length === 0) throw nonsense(METHOD, 'the block with this hash, which has transactions')
  // Hashes alone prove nothing; a caller wanting proof asks for whole transactions.
  if (!block.isFull) return partBlock(header, { ...told, transactions: textsOf(transactions) }, given)
  return wholeBlock(block, told, checkTransactions(header, transactions), given)
}

/** Returns a block with checked transactions. Its size follows if there are no uncles and the withdrawals are known. */
function wholeBlock(
  { header, rlp, isFull }: KnownBlock,
  told: { readonly uncles: readonly string[] },
  transactions: readonly CheckedTransaction[],
  given: Fields = {},
): Fields {
  const withdrawals = withdrawalsOf(header, given['withdrawals'])
  const items = [RLP.decode(rlp), transactions.map(({ raw, isTyped }) => (isTyped ? raw : RLP.decode(raw))), []]
  if (withdrawals !== null) items.push(withdrawals.map(({ raw }) => RLP.decode(raw)))
  const isWhole = told.uncles.length === 0 && (withdrawals !== null || header.withdrawalsRoot === null)
  return {
    ...headerFields(header),
    ...told,
    transactions: transactions.map(({ fields }) => (isFull ? fields : fields['hash'])),
    ...(withdrawals === null ? {} : { withdrawals: withdrawals.map(({ fields }) => fields) }),
    ...(isWhole ? { size: quantity(RLP.encode(items as Uint8Array[]).length) } : {}),
  }
}

/** Returns a block with the fallback's hashes of transactions. These hashes and the size are unproven. */
function partBlock(header: BlockHeader, told: Fields, given: Fields): Fields {
  const withdrawals = withdrawalsOf(header, given['withdrawals'])
  const { size } = given
  return {
    ...headerFields(header),
    ...told,
    ...(withdrawals === null ? {} : { withdrawals: withdrawals.map(({ fields }) => fields) }),
    ...(typeof size === 'string' && /^0x[1-9a-f][0-9a-f]{0,12}$/.test(size) ? { size } : {}),
  }
}

/**
 * Returns the transactions proven by the header's root. Throws error -32603 for other transactions, or for an unknown
 * type.
 */
function checkTransactions(header: BlockHeader, transactions: readonly unknown[]): CheckedTransaction[] {
  let checked: CheckedTransaction[]
  try {
    checked = transactions.map((transaction, i) => readTransaction(transaction, header, i))
  } catch (error) {
    throw nonsense(METHOD, `a block of transactions that can be checked: ${(error as Error).message}`)
  }
  if (orderedRoot(checked.map(({ raw }) => raw)) === header.transactionsRoot) return checked
  throw nonsense(METHOD, 'the block with this hash: its transactions are others')
}

/**
 * Returns the withdrawals of EIP-4895; `null` if the block has none by its age, or if the given ones do not match the
 * header.
 */
function withdrawalsOf({ withdrawalsRoot }: BlockHeader, given: unknown): { raw: Uint8Array; fields: Fields }[] | null {
  if (withdrawalsRoot === null) return null
  if (withdrawalsRoot === NOTHING) return []
  try {
    const read = itemsOf(given).map((withdrawal) => {
      const { index, validatorIndex, address, amount } = recordOf(withdrawal, 'a withdrawal is an object')
      const numbers = [quantityOf(index), quantityOf(validatorIndex), quantityOf(amount)] as const
      const at = addressOf(address).toLowerCase()
      const [first, second, third] = numbers.map(quantityBytes) as [Uint8Array, Uint8Array, Uint8Array]
      const fields = { index: quantity(numbers[0]), validatorIndex: quantity(numbers[1]), address: at }
      const raw = RLP.encode([first, second, hexToBytes(at.slice(2)), third])
      return { raw, fields: { ...fields, amount: quantity(numbers[2]) } }
    })
    return orderedRoot(read.map(({ raw }) => raw)) === withdrawalsRoot ? read : null
  } catch {
    return null // the values are no withdrawals
  }
}

function itemsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw nonsense(METHOD, 'a block with lists of its parts')
}

function textsOf(value: unknown): readonly string[] {
  const items = itemsOf(value)
  if (items.every((item) => typeof item === 'string')) return items as string[]
  throw nonsense(METHOD, 'a block with lists of hashes')
}

function quantity(value: bigint | number): string {
  return `0x${value.toString(16)}`
}

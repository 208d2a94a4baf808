/**
 * A known block in the shape of `eth_getBlockBy…`: its header, and what is no part of it. That comes from the fallback, and is
 * held to the header: what the header can vouch for is checked, what it rules out is left out, and of the rest no more than
 * the README says is believed.
 */
import { RLP } from '@ethereumjs/rlp'
import { hexToBytes } from '@noble/hashes/utils.js'
import type { BlockHeader } from '../header.ts'
import { nonsense } from './fallback.ts'
import { orderedRoot } from './ordered-root.ts'
import { addressOf, quantityOf, recordOf } from './params.ts'
import { ProviderRpcError, RPC_CODE } from './rpc-error.ts'
import { type CheckedTransaction, quantityBytes, readTransaction } from './transactions.ts'

/** Root of no transactions, and of no withdrawals. */
const NOTHING = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'
/** Hash of no uncles. */
const NO_UNCLES = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347'
/** What the fallback is asked for the rest. */
const METHOD = 'eth_getBlockByHash'

export interface KnownBlock {
  readonly header: BlockHeader
  /** Of the header. */
  readonly rlp: Uint8Array
  /** Whether transactions are wanted whole. */
  readonly isFull: boolean
}

type Fields = Readonly<Record<string, unknown>>

/** The header's fields as JSON-RPC has them; those that the block is older than are left out. */
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

/** True if there is nothing in the block but its header. */
export function isHeaderOnly({ transactionsRoot, sha3Uncles, withdrawalsRoot }: BlockHeader): boolean {
  const hasWithdrawals = withdrawalsRoot !== null && withdrawalsRoot !== NOTHING
  return transactionsRoot === NOTHING && sha3Uncles === NO_UNCLES && !hasWithdrawals
}

/**
 * The whole block: of one that is more than its header, the rest has to come from somewhere, `rest` of which nothing that the
 * header says is taken. Throws error -32001 without it, and -32603 if it is of no such block.
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
  // Hashes alone prove nothing; whoever wants proof asks for the whole.
  if (!block.isFull) return partBlock(header, { ...told, transactions: textsOf(transactions) }, given)
  return wholeBlock(block, told, checkTransactions(header, transactions), given)
}

/** A block of which everything but uncles is at hand: its size follows from that. */
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

/** A block of whose transactions only hashes were told: they, and the size, are the fallback's word. */
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

/** Those whose root the header has. Throws error -32603 if these are others, or of a type that is not known here. */
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

/** EIP-4895; `null`: the block has none, or these are not them. */
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
    return null // they are none
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

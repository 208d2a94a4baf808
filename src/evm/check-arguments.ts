/** Checks the arguments of `call` and `estimateGas` before a call runs or crosses to a worker. */
import type { BlockHeader } from '../wallet/header.ts'
import { parseCount } from '../wallet/number.ts'
import { badArgument, checkSignal, checkType, fieldsOf } from '../wallet/plain.ts'
import type {
  AccountOverride,
  BlockOverrides,
  CallAuthorization,
  CallBlock,
  CallOptions,
  CallRequest,
  StateOverrides,
} from '../wallet/provider/types.ts'
import {
  address,
  bytes,
  closed,
  hash,
  list,
  map,
  nullable,
  partial,
  type Reader,
  uint64,
  uint256,
  whole,
} from './readers.ts'

/**
 * The arguments of a call as plain data, without the state. The signal stands apart, because a signal cannot be copied.
 */
export interface CheckedCall {
  readonly block: CallBlock
  readonly request: CallRequest
  readonly options: Omit<CallOptions, 'signal'>
  readonly signal: AbortSignal | undefined
}

/** Returns copies of the arguments as plain data, with addresses in lower case. Throws `badArgument` or `badNumber`. */
export function checkArguments(state: unknown, given: Record<'block' | 'request' | 'options', unknown>): CheckedCall {
  const reads = ['account', 'storage', 'code'] as const
  for (const [name, read] of Object.entries(fieldsOf('state', state, reads)))
    checkType(`state.${name}`, 'function', read)
  const block = readBlock('block', given.block)
  const request = readRequest('request', given.request)
  const { signal, ...options } = readOptions('options', given.options)
  parseCount('options.chainId', options.chainId)
  return { block, request, options, signal }
}

const text: Reader<string> = (name, value) => {
  checkType(name, 'string', value)
  return value as string
}

const readHeader = whole<BlockHeader>(
  {
    hash,
    parentHash: hash,
    sha3Uncles: hash,
    miner: address,
    stateRoot: hash,
    transactionsRoot: hash,
    receiptsRoot: hash,
    logsBloom: bytes,
    difficulty: uint256,
    number: parseCount,
    gasLimit: uint256,
    gasUsed: uint256,
    timestamp: parseCount,
    extraData: bytes,
    mixHash: hash,
    nonce: bytes,
    baseFeePerGas: nullable(uint256),
    withdrawalsRoot: nullable(hash),
    blobGasUsed: nullable(uint256),
    excessBlobGas: nullable(uint256),
    parentBeaconBlockRoot: nullable(hash),
    requestsHash: nullable(hash),
  },
  'the header of a block',
)

const readBlock = whole<CallBlock>({
  number: nullable(parseCount),
  header: nullable(readHeader),
})

const readRequest = partial<CallRequest>({
  from: address,
  to: address,
  gas: uint256,
  gasPrice: uint256,
  maxFeePerGas: uint256,
  maxPriorityFeePerGas: uint256,
  value: uint256,
  data: bytes,
  accessList: list(whole({ address, storageKeys: list(hash) })),
  maxFeePerBlobGas: uint256,
  blobVersionedHashes: list(hash),
  // The form only: an authorization with a wrong signature is skipped by the call.
  authorizationList: list(
    whole<CallAuthorization>({ chainId: uint256, address, nonce: uint64, yParity: uint256, r: uint256, s: uint256 }),
  ),
})

const slots = map(uint256, uint256, 'a map of values by slot')

const readOverride = closed<AccountOverride>({
  nonce: uint64,
  balance: uint256,
  code: bytes,
  state: slots,
  stateDiff: slots,
  movePrecompileToAddress: address,
})

const overrides: Reader<StateOverrides> = map(
  address,
  (name, value) => {
    const override = readOverride(name, value)
    if (override.state === undefined || override.stateDiff === undefined) return override
    throw badArgument(name, 'an object with either state or stateDiff', value)
  },
  'a map of overrides by address',
)

const readOptions = partial<CallOptions>({
  chainId: parseCount,
  hardfork: text,
  overrides,
  blockOverrides: closed<BlockOverrides>({
    number: uint256,
    difficulty: uint256,
    time: uint64,
    gasLimit: uint64,
    feeRecipient: address,
    prevRandao: hash,
    baseFeePerGas: uint256,
    blobBaseFee: uint256,
  }),
  signal: (name, value) => checkSignal(name, value)!,
})

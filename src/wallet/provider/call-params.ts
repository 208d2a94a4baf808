/**
 * Reads the params of `eth_call` and `eth_estimateGas`: a call, and overrides of state and block. All functions throw
 * error -32602.
 */
import { addressOf, dataOf, hashOf, quantityOf, recordOf } from './params.ts'
import { invalidParams } from './rpc-error.ts'
import type { AccountOverride, BlockOverrides, CallAuthorization, CallRequest, StateOverrides } from './types.ts'

/** Fields refused in a call. geth takes whole blobs only for `eth_sendTransaction`: a call names hashes of blobs. */
const NOT_RUN = ['blobs'] as const

/** Returns the call to run. The type and the nonce of the transaction make no difference to a call. */
export function callOf(value: unknown, chainId: number): CallRequest {
  const fields = recordOf(value, 'a transaction is an object')
  const { input, data, maxFeePerGas, maxPriorityFeePerGas } = fields
  if (isGiven(input) && isGiven(data) && input !== data) throw invalidParams('input and data differ')
  if (isGiven(fields['gasPrice']) && (isGiven(maxFeePerGas) || isGiven(maxPriorityFeePerGas))) {
    throw invalidParams('both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified')
  }
  if (isGiven(fields['chainId']) && quantityOf(fields['chainId']) !== BigInt(chainId)) {
    throw invalidParams(`the transaction is for chain ${quantityOf(fields['chainId'])}, and this is chain ${chainId}`)
  }
  for (const name of NOT_RUN) if (isGiven(fields[name])) throw invalidParams(`${name} cannot be run here`)
  return given<CallRequest>({ ...fields, data: isGiven(input) ? input : data }, CALL_FIELDS)
}

/** Returns geth's state overrides, by address. */
export function overridesOf(value: unknown): StateOverrides {
  const accounts = Object.entries(recordOf(value, 'overrides are an object'))
  return new Map(accounts.map(([address, account]) => [addressOf(address).toLowerCase(), overrideOf(account)]))
}

/** Returns geth's block overrides. */
export function blockOverridesOf(value: unknown): BlockOverrides {
  return known<BlockOverrides>(recordOf(value, 'overrides of a block are an object'), BLOCK_FIELDS)
}

function overrideOf(value: unknown): AccountOverride {
  const fields = recordOf(value, 'an override is an object')
  if (isGiven(fields['state']) && isGiven(fields['stateDiff'])) throw invalidParams('both state and stateDiff given')
  return known<AccountOverride>(fields, OVERRIDE_FIELDS)
}

type Readers<T> = { readonly [name in keyof T]-?: (value: unknown) => T[name] }

const CALL_FIELDS: Readers<CallRequest> = {
  from: addressOf,
  to: addressOf,
  gas: uint64Of,
  gasPrice: quantityOf,
  maxFeePerGas: quantityOf,
  maxPriorityFeePerGas: quantityOf,
  value: quantityOf,
  data: dataOf,
  accessList: accessListOf,
  maxFeePerBlobGas: quantityOf,
  blobVersionedHashes: hashesOf,
  authorizationList: authorizationsOf,
}

const OVERRIDE_FIELDS: Readers<AccountOverride> = {
  nonce: uint64Of,
  balance: quantityOf,
  code: dataOf,
  state: slotsOf,
  stateDiff: slotsOf,
  movePrecompileToAddress: addressOf,
}

const BLOCK_FIELDS: Readers<BlockOverrides> = {
  number: quantityOf,
  difficulty: quantityOf,
  time: uint64Of,
  gasLimit: uint64Of,
  feeRecipient: addressOf,
  prevRandao: hashOf,
  baseFeePerGas: quantityOf,
  blobBaseFee: quantityOf,
}

const AUTHORIZATION_FIELDS: Readers<CallAuthorization> = {
  chainId: quantityOf,
  address: addressOf,
  nonce: uint64Of,
  yParity: quantityOf,
  r: quantityOf,
  s: quantityOf,
}

/**
 * Returns the fields as {@link given} does. Refuses fields without a reader, because ignoring one would change the
 * outcome.
 */
function known<T>(fields: Readonly<Record<string, unknown>>, readers: Readers<T>): T {
  const unknown = Object.keys(fields).find((name) => isGiven(fields[name]) && !Object.hasOwn(readers, name))
  if (unknown !== undefined) throw invalidParams(`${unknown} cannot be overridden here`)
  return given(fields, readers)
}

/** Returns the given fields with a reader. */
function given<T>(fields: Readonly<Record<string, unknown>>, readers: Readers<T>): T {
  const read = Object.entries<(value: unknown) => unknown>(readers).flatMap(([name, readerOf]) =>
    isGiven(fields[name]) ? [[name, readerOf(fields[name])]] : [],
  )
  return Object.fromEntries(read) as T
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

function accessListOf(value: unknown): CallRequest['accessList'] {
  if (!Array.isArray(value)) throw invalidParams('an access list is a list')
  return value.map((entry) => {
    const { address, storageKeys } = recordOf(entry, 'an entry of an access list is an object')
    if (!Array.isArray(storageKeys)) throw invalidParams('storage keys are a list')
    return { address: addressOf(address), storageKeys: storageKeys.map(hashOf) }
  })
}

function hashesOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw invalidParams('versioned hashes are a list')
  return value.map(hashOf)
}

function authorizationsOf(value: unknown): readonly CallAuthorization[] {
  if (!Array.isArray(value)) throw invalidParams('an authorization list is a list')
  return value.map((entry) => {
    const fields = recordOf(entry, 'an authorization is an object')
    const missing = Object.keys(AUTHORIZATION_FIELDS).find((name) => !isGiven(fields[name]))
    if (missing !== undefined) throw invalidParams(`an authorization has a ${missing}`)
    const authorization = given<CallAuthorization>(fields, AUTHORIZATION_FIELDS)
    return { ...authorization, address: authorization.address.toLowerCase() }
  })
}

function uint64Of(value: unknown): bigint {
  const number = quantityOf(value)
  if (number >= 2n ** 64n) throw invalidParams(`a quantity below 2^64, got ${number}`)
  return number
}

function slotsOf(value: unknown): ReadonlyMap<bigint, bigint> {
  const slots = Object.entries(recordOf(value, 'slots are an object'))
  return new Map(slots.map(([slot, word]) => [BigInt(hashOf(slot)), BigInt(hashOf(word))]))
}

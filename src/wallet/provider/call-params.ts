/** Reads what `eth_call` and `eth_estimateGas` are to run, and on which changes of the state. All throw error -32602. */
import { addressOf, dataOf, hashOf, quantityOf, recordOf } from './params.ts'
import { invalidParams } from './rpc-error.ts'
import type { AccountOverride, CallRequest, StateOverrides } from './types.ts'

/** What changes the outcome and cannot be run here: to leave it out would be to answer something else. */
const NOT_RUN = ['authorizationList', 'blobVersionedHashes', 'blobs'] as const

/** A transaction that is only to be run. Its type and nonce make no difference to that. */
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

/** geth's object of overrides, by address. */
export function overridesOf(value: unknown): StateOverrides {
  const accounts = Object.entries(recordOf(value, 'overrides are an object'))
  return new Map(accounts.map(([address, account]) => [addressOf(address).toLowerCase(), overrideOf(account)]))
}

function overrideOf(value: unknown): AccountOverride {
  const fields = recordOf(value, 'an override is an object')
  if (isGiven(fields['state']) && isGiven(fields['stateDiff'])) throw invalidParams('both state and stateDiff given')
  const unknown = Object.keys(fields).find((name) => !Object.hasOwn(OVERRIDE_FIELDS, name))
  if (unknown !== undefined) throw invalidParams(`${unknown} cannot be overridden here`)
  return given<AccountOverride>(fields, OVERRIDE_FIELDS)
}

type Readers<T> = { readonly [name in keyof T]-?: (value: unknown) => T[name] }

const CALL_FIELDS: Readers<CallRequest> = {
  from: addressOf,
  to: addressOf,
  gas: quantityOf,
  gasPrice: quantityOf,
  maxFeePerGas: quantityOf,
  maxPriorityFeePerGas: quantityOf,
  value: quantityOf,
  data: dataOf,
  accessList: accessListOf,
}

const OVERRIDE_FIELDS: Readers<AccountOverride> = {
  nonce: quantityOf,
  balance: quantityOf,
  code: dataOf,
  state: slotsOf,
  stateDiff: slotsOf,
}

/** The fields that `readers` has, as far as they are given. */
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

function slotsOf(value: unknown): ReadonlyMap<bigint, bigint> {
  const slots = Object.entries(recordOf(value, 'slots are an object'))
  return new Map(slots.map(([slot, word]) => [BigInt(hashOf(slot)), BigInt(hashOf(word))]))
}

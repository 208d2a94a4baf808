/**
 * Encodes a block's transactions of JSON-RPC back into the bytes proven by the header: EIP-2718 and the types of
 * EIP-155, 2930, 1559, 4844 and 7702.
 */
import { RLP } from '@ethereumjs/rlp'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { keccak256 } from '../../trie/keccak.ts'
import type { BlockHeader } from '../header.ts'
import { addressOf, dataOf, hashOf, quantityOf, recordOf } from './params.ts'

/** A transaction: its bytes, and its fields as derived from the bytes and the header. Only the sender is unproven. */
export interface CheckedTransaction {
  /** The item in the trie of transactions, starting with the type if there is one. */
  readonly raw: Uint8Array
  readonly isTyped: boolean
  readonly fields: Readonly<Record<string, unknown>>
}

type Bytes = Uint8Array | readonly Bytes[]

/** A field: its signed bytes, and its JSON form. */
interface Read {
  readonly bytes: Bytes
  readonly told: unknown
}

const FEES = ['maxPriorityFeePerGas', 'maxFeePerGas'] as const
const ACTION = ['gas', 'to', 'value', 'input'] as const
const SIGNATURE = ['yParity', 'r', 's'] as const

/** The fields of each type, in the order of signing. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  '0x0': ['nonce', 'gasPrice', ...ACTION, 'v', 'r', 's'],
  '0x1': ['chainId', 'nonce', 'gasPrice', ...ACTION, 'accessList', ...SIGNATURE],
  '0x2': ['chainId', 'nonce', ...FEES, ...ACTION, 'accessList', ...SIGNATURE],
  '0x3': [
    ...['chainId', 'nonce', ...FEES, ...ACTION, 'accessList'],
    ...['maxFeePerBlobGas', 'blobVersionedHashes', ...SIGNATURE],
  ],
  '0x4': ['chainId', 'nonce', ...FEES, ...ACTION, 'accessList', 'authorizationList', ...SIGNATURE],
}

/**
 * Returns the transaction. Throws if `value` is no transaction of a known type. The sender is not part of the bytes,
 * and is taken as given.
 */
export function readTransaction(value: unknown, header: BlockHeader, index: number): CheckedTransaction {
  const given = recordOf(value, 'a transaction is an object')
  const type = given['type'] ?? '0x0'
  const names = typeof type === 'string' && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined
  if (names === undefined) throw new Error(`transactions of type ${String(type)} are not known here`)
  const read = names.map((name) => [name, readField(name, given)] as const)
  const payload = RLP.encode(read.map(([, { bytes }]) => bytes) as Uint8Array[])
  const isTyped = type !== '0x0'
  const raw = isTyped ? Uint8Array.of(Number(type), ...payload) : payload
  const told = Object.fromEntries(read.map(([name, { told }]) => [name, told]))
  return {
    raw,
    isTyped,
    fields: { ...told, ...derived(told, type as string, header), ...placeOf(raw, given, header, index) },
  }
}

function readField(name: string, given: Readonly<Record<string, unknown>>): Read {
  const value = given[name]
  switch (name) {
    case 'to':
      return value === null || value === undefined
        ? { bytes: new Uint8Array(), told: null }
        : bytesField(addressOf(value))
    case 'input':
      return bytesField(dataOf(value ?? given['data']))
    case 'accessList':
      return listField(value, accessListEntry)
    case 'blobVersionedHashes':
      return listField(value, (hash) => bytesField(hashOf(hash)))
    case 'authorizationList':
      return listField(value, authorization)
    case 'yParity':
      return quantityField(value ?? given['v'])
    default:
      return quantityField(value)
  }
}

function accessListEntry(value: unknown): Read {
  const given = recordOf(value, 'an entry of an access list is an object')
  const [address, storageKeys] = [
    bytesField(addressOf(given['address'])),
    listField(given['storageKeys'], (key) => bytesField(hashOf(key))),
  ]
  return {
    bytes: [address.bytes, storageKeys.bytes],
    told: { address: address.told, storageKeys: storageKeys.told },
  }
}

function authorization(value: unknown): Read {
  const given = recordOf(value, 'an authorization is an object')
  const names = ['chainId', 'address', 'nonce', 'yParity', 'r', 's']
  const read = names.map((name) => {
    return name === 'address' ? bytesField(addressOf(given[name])) : readField(name, given)
  })
  return {
    bytes: read.map(({ bytes }) => bytes),
    told: Object.fromEntries(names.map((name, i) => [name, read[i]!.told])),
  }
}

function listField(value: unknown, read: (item: unknown) => Read): Read {
  if (!Array.isArray(value)) throw new Error('it is a list')
  const items = value.map(read)
  return { bytes: items.map(({ bytes }) => bytes), told: items.map(({ told }) => told) }
}

function quantityField(value: unknown): Read {
  const quantity = quantityOf(value)
  return { bytes: quantityBytes(quantity), told: `0x${quantity.toString(16)}` }
}

function bytesField(hex: string): Read {
  const told = hex.toLowerCase()
  return { bytes: hexToBytes(told.slice(2)), told }
}

/** Returns the big-endian bytes without leading zeros, as RLP encodes integers. */
export function quantityBytes(quantity: bigint): Uint8Array {
  const digits = quantity === 0n ? '' : quantity.toString(16)
  return hexToBytes(digits.length % 2 === 0 ? digits : `0${digits}`)
}

/**
 * Returns the derived fields: the price paid, the chain of a legacy transaction, and `v` as another name of the parity.
 */
function derived(told: Readonly<Record<string, unknown>>, type: string, { baseFeePerGas }: BlockHeader) {
  const big = (name: string) => BigInt(told[name] as string)
  if (type === '0x0') {
    const v = big('v')
    return v < 35n ? {} : { chainId: `0x${((v - 35n) / 2n).toString(16)}` }
  }
  if (type === '0x1') return { v: told['yParity'] }
  const [cap, tipped] = [big('maxFeePerGas'), (baseFeePerGas ?? 0n) + big('maxPriorityFeePerGas')]
  return { v: told['yParity'], gasPrice: `0x${(cap < tipped ? cap : tipped).toString(16)}` }
}

function placeOf(raw: Uint8Array, given: Readonly<Record<string, unknown>>, header: BlockHeader, index: number) {
  return {
    type: given['type'] ?? '0x0',
    hash: `0x${bytesToHex(keccak256(raw))}`,
    from: addressOf(given['from']).toLowerCase(),
    blockHash: header.hash,
    blockNumber: `0x${header.number.toString(16)}`,
    blockTimestamp: `0x${header.timestamp.toString(16)}`,
    transactionIndex: `0x${index.toString(16)}`,
  }
}

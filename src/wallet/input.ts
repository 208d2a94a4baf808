/** What an application passes in, checked before anything is done with it. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { InputError, type InputErrorCode } from './errors.ts'

/** The 32 bytes of a root. Throws `badRootText`. */
export function parseRoot(root: string): Uint8Array {
  return parseHex(root, 32, 'badRootText', 'a state root')
}

/** The 32 bytes of a block's hash. Throws `badBlockHash`. */
export function parseHash(hash: string): Uint8Array {
  return parseHex(hash, 32, 'badBlockHash', 'the hash of a block')
}

/** The bytes of a header's RLP, not looked at yet. Throws `badHeader`. */
export function parseHeader(header: string): Uint8Array {
  if (/^0x(?:[0-9a-fA-F]{2})+$/.test(header)) return hexToBytes(header.slice(2))
  throw new InputError('badHeader', 'a header is RLP, as 0x and hex digits', { details: { got: String(header) } })
}

/** The 20 bytes of an address. Checksums in the case of its letters are not looked at. Throws `badAddress`. */
export function parseAddress(address: string): Uint8Array {
  return parseHex(address, 20, 'badAddress', 'an address')
}

/** The number of a slot: an integer, or its hex digits behind `0x`. */
export type SlotNumber = bigint | number | string

/** The 32 bytes of a slot's number. Takes an integer, or its hex digits behind `0x`. Throws `badSlot`. */
export function parseSlot(slot: SlotNumber): Uint8Array {
  const isInteger = typeof slot === 'number' ? Number.isSafeInteger(slot) : true
  const isText = typeof slot !== 'string' || /^0x[0-9a-fA-F]{1,64}$/.test(slot)
  const value = isInteger && isText ? BigInt(slot) : -1n
  if (value >= 0n && value < 2n ** 256n) return hexToBytes(value.toString(16).padStart(64, '0'))
  throw new InputError('badSlot', `a slot is an integer from 0 to 2^256 - 1, or its hex digits, got ${slot}`, {
    details: { got: String(slot) },
  })
}

/** A proof of EIP-1186, as `eth_getProof` gives it, and of it what is looked at. */
export interface ProofInput {
  readonly address: string
  /** RLP of nodes, `0x` and hex digits. */
  readonly accountProof: readonly string[]
  readonly storageProof?: readonly { readonly key: SlotNumber; readonly proof: readonly string[] }[]
}

/** Which part of a state is wanted: neither of the two is all of it. */
export interface ScopeInput {
  /** Addresses: their accounts, and their codes. */
  readonly accounts?: readonly string[]
  /** Addresses, and which of their storage: all of it, or single slots. Their accounts and codes come with it. */
  readonly storage?: Readonly<Record<string, 'all' | readonly SlotNumber[]>>
}

/** Throws `badAddress` or `badSlot`. */
export function checkScope({ accounts = [], storage = {} }: ScopeInput): void {
  for (const address of accounts) parseAddress(address)
  for (const [address, slots] of Object.entries(storage)) {
    parseAddress(address)
    if (slots !== 'all') for (const slot of slots) parseSlot(slot)
  }
}

/** A count such as a block number. Throws `badNumber`. */
export function parseCount(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new InputError('badNumber', `${name} is a non-negative integer, got ${String(value)}`, {
    details: { name, got: String(value) },
  })
}

/** A limit: a whole number from 1. Throws `badNumber`. */
export function parsePositive(name: string, value: unknown): number {
  const count = parseCount(name, value)
  if (count > 0) return count
  throw new InputError('badNumber', `${name} is at least 1, got ${count}`, { details: { name, got: String(value) } })
}

function parseHex(text: string, bytes: number, code: InputErrorCode, what: string): Uint8Array {
  const digits = bytes * 2
  if (typeof text === 'string' && new RegExp(`^0x[0-9a-fA-F]{${digits}}$`).test(text)) return hexToBytes(text.slice(2))
  throw new InputError(code, `${what} is 0x and ${digits} hex digits, got ${String(text)}`, {
    details: { got: String(text), expected: `0x and ${digits} hex digits` },
  })
}

/**
 * What an application passes in, checked before anything is done with it. The window needs no more than this; the bytes are
 * made where they are used, by `parse.ts`.
 */
import { InputError, type InputErrorCode } from './errors.ts'

/** The digits of a root: `0x` and 64 of them. Throws `badRootText`. */
export function checkRoot(root: string): string {
  return checkHex(root, 64, 'badRootText', 'a state root')
}

/** The digits of an address. Checksums in the case of its letters are not looked at. Throws `badAddress`. */
export function checkAddress(address: string): string {
  return checkHex(address, 40, 'badAddress', 'an address')
}

/** The number of a slot: an integer, or its hex digits behind `0x`. */
export type SlotNumber = bigint | number | string

/** The number of a slot. Throws `badSlot`. */
export function checkSlot(slot: SlotNumber): bigint {
  const isInteger = typeof slot === 'number' ? Number.isSafeInteger(slot) : true
  const isText = typeof slot !== 'string' || /^0x[0-9a-fA-F]{1,64}$/.test(slot)
  const value = isInteger && isText ? BigInt(slot) : -1n
  if (value >= 0n && value < 2n ** 256n) return value
  throw new InputError('badSlot', `a slot is an integer from 0 to 2^256 - 1, or its hex digits, got ${slot}`, {
    details: { got: String(slot) },
  })
}

/** What of a state is trusted: its root, and the number of its block if it is known; or the hash of its block. */
export interface TrustInput {
  readonly root?: string
  readonly blockNumber?: number
  readonly block?: string
  readonly header?: string
}

/** The digits of what was given. Throws `badTarget`, `badRootText`, `badBlockHash`, `badHeader` or `badNumber`. */
export function checkTrust({ root, blockNumber, block, header }: TrustInput) {
  if (blockNumber !== undefined) parseCount('blockNumber', blockNumber)
  if (block === undefined) {
    if (header !== undefined) throw new InputError('badTarget', 'a header goes with the hash of its `block`')
    return { root: checkRoot(root as string), blockNumber }
  }
  if (root !== undefined || blockNumber !== undefined) {
    throw new InputError('badTarget', 'a `block` has its root and number in its header: leave them out')
  }
  const digits = checkHex(block, 64, 'badBlockHash', 'the hash of a block')
  if (header === undefined || /^0x(?:[0-9a-fA-F]{2})+$/.test(header)) return { block: digits, header: header?.slice(2) }
  throw new InputError('badHeader', 'a header is RLP, as 0x and hex digits', { details: { got: String(header) } })
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
  for (const address of accounts) checkAddress(address)
  for (const [address, slots] of Object.entries(storage)) {
    checkAddress(address)
    if (slots !== 'all') for (const slot of slots) checkSlot(slot)
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

function checkHex(text: string, digits: number, code: InputErrorCode, what: string): string {
  if (typeof text === 'string' && new RegExp(`^0x[0-9a-fA-F]{${digits}}$`).test(text)) return text.slice(2)
  throw new InputError(code, `${what} is 0x and ${digits} hex digits, got ${String(text)}`, {
    details: { got: String(text), expected: `0x and ${digits} hex digits` },
  })
}

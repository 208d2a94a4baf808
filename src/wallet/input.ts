/**
 * Checks arguments of the application before any use. The window needs only these checks. `parse.ts` makes bytes of the
 * arguments on the thread using them.
 */
import { InputError, type InputErrorCode } from './errors.ts'
import { parseCount } from './number.ts'
import { describe, fieldsOf, listOf, reading, textsOf } from './plain.ts'

/** Returns the 64 digits of a root, without `0x`. Throws `badRootText`. */
export function checkRoot(root: unknown): string {
  return checkHex(root, 64, 'badRootText', 'a state root')
}

/**
 * Returns the 40 digits of an address, without `0x`. A checksum in the case of the letters is not checked. Throws
 * `badAddress`.
 */
export function checkAddress(address: unknown): string {
  return checkHex(address, 40, 'badAddress', 'an address')
}

/** The number of a slot: an integer, or its hex digits after `0x`. */
export type SlotNumber = bigint | number | string

/** Returns the number of a slot. Throws `badSlot`. */
export function checkSlot(slot: unknown): bigint {
  const isSlot =
    typeof slot === 'bigint' ||
    (typeof slot === 'number' && Number.isSafeInteger(slot)) ||
    (typeof slot === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(slot))
  const value = isSlot ? BigInt(slot) : -1n
  if (value >= 0n && value < 2n ** 256n) return value
  const got = describe(slot)
  throw new InputError('badSlot', `a slot is an integer from 0 to 2^256 - 1, or its hex digits, got ${got}`, {
    details: { got },
  })
}

/** Returns a copy of a list of slots, as numbers. Throws `badArgument` or `badSlot`. */
export function checkSlots(name: string, slots: unknown): bigint[] {
  return listOf(name, slots, 'a list of slots').map(checkSlot)
}

/** The trusted part of a state: its root, with the number of its block if known; or the hash of its block. */
export interface TrustInput {
  readonly root?: string
  readonly blockNumber?: number
  readonly block?: string
  readonly header?: string
}

/**
 * Returns the digits of the trusted hashes. Throws `badTarget`, `badRootText`, `badBlockHash`, `badHeader` or
 * `badNumber`.
 */
export function checkTrust({ root, blockNumber, block, header }: { readonly [name in keyof TrustInput]?: unknown }) {
  const number = blockNumber === undefined ? undefined : parseCount('blockNumber', blockNumber)
  if (block === undefined) {
    if (header !== undefined) throw new InputError('badTarget', 'a header goes with the hash of its `block`')
    return { root: checkRoot(root), blockNumber: number }
  }
  if (root !== undefined || blockNumber !== undefined) {
    throw new InputError('badTarget', 'a `block` has its root and number in its header: leave them out')
  }
  const digits = checkHex(block, 64, 'badBlockHash', 'the hash of a block')
  if (header === undefined) return { block: digits, header }
  if (typeof header === 'string' && /^0x(?:[0-9a-fA-F]{2})+$/.test(header)) {
    return { block: digits, header: header.slice(2) }
  }
  throw new InputError('badHeader', 'a header is RLP, as 0x and hex digits', { details: { got: describe(header) } })
}

/** A proof of EIP-1186, as returned by `eth_getProof`, reduced to the checked fields. */
export interface ProofInput {
  readonly address: string
  /** The RLP of nodes, as `0x` and hex digits. */
  readonly accountProof: readonly string[]
  readonly storageProof?: readonly { readonly key: SlotNumber; readonly proof: readonly string[] }[]
}

/** Returns a copy of the needed fields of a proof. Throws `badArgument`, `badAddress` or `badSlot`. */
export function checkProofInput(input: unknown): Required<ProofInput> {
  const names = ['address', 'accountProof', 'storageProof'] as const
  const { address, accountProof, storageProof = [] } = fieldsOf('a proof', input, names)
  checkAddress(address)
  return {
    address: address as string,
    accountProof: textsOf('accountProof', accountProof),
    storageProof: listOf('storageProof', storageProof).map((slot) => {
      const { key, proof } = fieldsOf('an item of storageProof', slot, ['key', 'proof'])
      return { key: checkSlot(key), proof: textsOf('proof', proof) }
    }),
  }
}

/** The wanted part of a state. Without both fields, the whole state. */
export interface ScopeInput {
  /** Addresses whose accounts and codes are wanted. */
  readonly accounts?: readonly string[]
  /** The wanted storage by address: all slots, or a list of slots. The accounts and codes come along. */
  readonly storage?: Readonly<Record<string, 'all' | readonly SlotNumber[]>>
}

/** The argument of `sync`: a state, and the wanted part. */
export type TargetInput = TrustInput & ScopeInput

/** Returns a copy of a target. Throws `badArgument`, `badAddress`, `badSlot`, or an error of {@link checkTrust}. */
export function checkTarget(target: unknown): TargetInput {
  const names = ['root', 'blockNumber', 'block', 'header', 'accounts', 'storage'] as const
  const expected = 'an object with the `root` or the `block` that is trusted'
  const { accounts, storage, ...trust } = fieldsOf('the target of a sync', target, names, expected)
  checkTrust(trust)
  const scope = {
    accounts: accounts === undefined ? undefined : checkAccounts(accounts),
    storage: storage === undefined ? undefined : checkStorage(storage),
  }
  return Object.fromEntries(Object.entries({ ...trust, ...scope }).filter(([, value]) => value !== undefined))
}

function checkAccounts(accounts: unknown): string[] {
  const addresses = listOf('accounts', accounts, 'a list of addresses')
  for (const address of addresses) checkAddress(address)
  return addresses as string[]
}

function checkStorage(storage: unknown): NonNullable<ScopeInput['storage']> {
  const expected = 'an object of "all" or lists of slots, by address'
  fieldsOf('storage', storage, [], expected)
  const entries = reading('storage', expected, storage, () => Object.entries(storage as object))
  return Object.fromEntries(
    entries.map(([address, slots]) => {
      checkAddress(address)
      return [address, slots === 'all' ? 'all' : checkSlots(`storage of ${address}`, slots)]
    }),
  )
}

function checkHex(text: unknown, digits: number, code: InputErrorCode, what: string): string {
  if (typeof text === 'string' && new RegExp(`^0x[0-9a-fA-F]{${digits}}$`).test(text)) return text.slice(2)
  const got = describe(text)
  throw new InputError(code, `${what} is 0x and ${digits} hex digits, got ${got}`, {
    details: { got, expected: `0x and ${digits} hex digits` },
  })
}

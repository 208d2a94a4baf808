/**
 * The value of an account's leaf: RLP of `[nonce, balance, storageRoot, codeHash]` (Yellow Paper 4.1). Strict: exactly
 * four items, canonical integers, 32-byte hashes.
 */
import { RLP } from '@ethereumjs/rlp'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { RootlightError } from '../runtime/error.ts'
import { bigintOf, bytesOf } from './integer.ts'

/** Root of the empty trie: keccak-256 of the RLP of the empty string. */
export const EMPTY_ROOT_HEX = '56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'
/** Hash of no code: keccak-256 of the empty string. */
export const EMPTY_CODE_HASH_HEX = 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'
/** {@link EMPTY_ROOT_HEX} as 32 bytes. */
export const EMPTY_ROOT = /* @__PURE__ */ hexToBytes(EMPTY_ROOT_HEX)
/** {@link EMPTY_CODE_HASH_HEX} as 32 bytes. */
export const EMPTY_CODE_HASH = /* @__PURE__ */ hexToBytes(EMPTY_CODE_HASH_HEX)

/** An account as the trie holds it. `storageRoot` and `codeHash` are 32 bytes. */
export interface Account {
  readonly nonce: bigint
  readonly balance: bigint
  readonly storageRoot: Uint8Array
  readonly codeHash: Uint8Array
}

/** The error for a leaf value with the right hash but not the form of an account or of a slot: `badValue`. */
export class ValueError extends RootlightError<'badValue'> {}

/** Returns the RLP of an account. */
export function encodeAccount(account: Account): Uint8Array {
  return RLP.encode([bytesOf(account.nonce), bytesOf(account.balance), account.storageRoot, account.codeHash])
}

/** Decodes the value of an account's leaf. Throws {@link ValueError} (`badValue`) for anything but a canonical account. */
export function decodeAccount(value: Uint8Array): Account {
  const items = decodeRlp(value)
  if (!Array.isArray(items)) throw bad('an account is an RLP list', value)
  if (items.length !== 4) throw bad(`an account has 4 items, got ${items.length}`, value)
  const [nonce, balance, storageRoot, codeHash] = items
  if (!(nonce instanceof Uint8Array) || nonce.length > 8) throw bad('a nonce is at most 8 bytes', value)
  if (!(balance instanceof Uint8Array) || balance.length > 32) throw bad('a balance is at most 32 bytes', value)
  if (nonce[0] === 0 || balance[0] === 0) throw bad('integers have no leading zeros', value)
  if (!(storageRoot instanceof Uint8Array) || storageRoot.length !== 32) throw bad('a storage root is 32 bytes', value)
  if (!(codeHash instanceof Uint8Array) || codeHash.length !== 32) throw bad('a code hash is 32 bytes', value)
  return { nonce: bigintOf(nonce), balance: bigintOf(balance), storageRoot, codeHash }
}

/** Returns the RLP of a slot's value: an integer without leading zeros. A slot of value zero has no leaf at all. */
export function encodeSlot(value: bigint): Uint8Array {
  return RLP.encode(bytesOf(value))
}

/** Decodes the value of a storage leaf. Throws {@link ValueError} (`badValue`). */
export function decodeSlot(value: Uint8Array): bigint {
  const item = decodeRlp(value)
  if (!(item instanceof Uint8Array)) throw bad('a slot is an RLP string', value)
  if (item.length === 0 || item.length > 32) throw bad('a slot is 1 to 32 bytes', value)
  if (item[0] === 0) throw bad('integers have no leading zeros', value)
  return bigintOf(item)
}

function decodeRlp(value: Uint8Array) {
  try {
    return RLP.decode(value)
  } catch (cause) {
    throw bad('not canonical RLP', value, cause)
  }
}

function bad(rule: string, value: Uint8Array, cause?: unknown): ValueError {
  return new ValueError('badValue', `bad leaf value: ${rule}`, { details: { got: bytesToHex(value) }, cause })
}

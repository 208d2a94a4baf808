/**
 * The zero-copy reading of leaf values, for the hot path: the twins of `decodeAccount` and `decodeSlot`. A property
 * test compares each twin with its original.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { EMPTY_CODE_HASH, EMPTY_ROOT, ValueError } from './account.ts'
import { equalHash } from './keccak.ts'
import { RlpItem } from './rlp.ts'

/** The refs in an account's leaf: offsets of 32-byte hashes, or -1 for no storage or no code. */
export class LeafRefs {
  storageRoot = -1
  codeHash = -1
}

/**
 * Reads the value `bytes[start, end)` of an account-trie leaf, and writes the offsets of its hashes to `refs`. A
 * scheduler without this callback syncs a plain trie: no leaf leads anywhere.
 */
export type LeafCallback = (bytes: Uint8Array, start: number, end: number, refs: LeafRefs) => void

const item = new RlpItem()

/** The {@link LeafCallback} of an Ethereum state. Throws `ValueError` (`badValue`) by the rules of `decodeAccount`. */
export function scanAccount(bytes: Uint8Array, start: number, end: number, refs: LeafRefs): void {
  if (item.read(bytes, start, end) !== end || !item.isList) throw bad('an account is an RLP list', bytes, start, end)
  const balance = scanInteger(bytes, item.start, end, 8)
  const storageRoot = balance < 0 ? -1 : scanInteger(bytes, balance, end, 32)
  // Two hashes of 33 bytes with their prefixes, then the end.
  const codeHash = storageRoot + 33
  if (storageRoot < 0 || codeHash + 33 !== end || bytes[storageRoot] !== 0xa0 || bytes[codeHash] !== 0xa0) {
    throw bad('an account is a nonce, a balance and two hashes', bytes, start, end)
  }
  refs.storageRoot = equalHash(EMPTY_ROOT, bytes, storageRoot + 1) ? -1 : storageRoot + 1
  refs.codeHash = equalHash(EMPTY_CODE_HASH, bytes, codeHash + 1) ? -1 : codeHash + 1
}

/** Checks the value `bytes[start, end)` of a storage leaf. Throws `ValueError` (`badValue`) by the rules of `decodeSlot`. */
export function checkSlot(bytes: Uint8Array, start: number, end: number): void {
  if (scanInteger(bytes, start, end, 32) !== end || item.start === item.end) {
    throw bad('a slot is an integer of 1 to 32 bytes', bytes, start, end)
  }
}

/** Returns the end of the integer at `at`, or -1 if the bytes are not a canonical integer of at most `maxBytes`. */
function scanInteger(bytes: Uint8Array, at: number, limit: number, maxBytes: number): number {
  const end = item.read(bytes, at, limit)
  if (end < 0 || item.isList || item.end - item.start > maxBytes) return -1
  return item.end > item.start && bytes[item.start] === 0 ? -1 : end
}

function bad(rule: string, bytes: Uint8Array, start: number, end: number): ValueError {
  return new ValueError('badValue', `bad leaf value: ${rule}`, {
    details: { got: bytesToHex(bytes.subarray(start, end)) },
  })
}

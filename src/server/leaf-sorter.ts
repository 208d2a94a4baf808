/**
 * Turns the records of a state, in any order, into leaves in the order for building a trie. Hashes the addresses and
 * slots, sorts, and groups each account with its slots. Each distinct code is handed out once, on its own way.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { MAX_CODE_BYTES } from '../protocol/constants.ts'
import { EMPTY_CODE_HASH, EMPTY_ROOT, encodeAccount, encodeSlot } from '../trie/account.ts'
import { bytesOf } from '../trie/integer.ts'
import type { Keccak } from '../trie/keccak.ts'
import { ServerError } from './error.ts'
import { Sorter, type SorterOptions } from './sorter.ts'
import type { StateRecord } from './state-record.ts'

/** A leaf of the account trie with an empty storage root, or one of the storage leaves behind the account. */
export interface SortedLeaf {
  readonly kind: 'account' | 'slot'
  /** The hashed address, 32 bytes. */
  readonly account: Uint8Array
  /** The hashed slot, 32 bytes; empty for an account. */
  readonly slot: Uint8Array
  readonly value: Uint8Array
}

export interface LeafSorterOptions extends SorterOptions {
  readonly keccak: Keccak
  /** Called once with each distinct code. */
  readonly onCode: (hash: Uint8Array, code: Uint8Array) => void
}

export class LeafSorter {
  readonly #keccak: Keccak
  readonly #onCode: (hash: Uint8Array, code: Uint8Array) => void
  readonly #sorter: Sorter
  readonly #codes = new Set<string>()
  /** The last address and its hash. Slots of one account come in a row. */
  #address: Uint8Array | undefined
  #account: Uint8Array = new Uint8Array()

  constructor({ keccak, onCode, ...options }: LeafSorterOptions) {
    this.#keccak = keccak
    this.#onCode = onCode
    this.#sorter = new Sorter(options)
  }

  get count(): number {
    return this.#sorter.count
  }

  async add(record: StateRecord): Promise<void> {
    const account = this.#hashOf(record.address)
    if (record.kind === 'slot') {
      const slot = this.#keccak.digest(wordOf(record.slot))
      // A zero is not stored, but sorted all the same: another record may claim the same slot.
      const value = record.value === 0n ? NOTHING : encodeSlot(record.value)
      if (this.#sorter.add(keyOf(account, slot), value)) await this.#sorter.spill()
      return
    }
    const { nonce, balance, code } = record
    if (code !== undefined && code.length > MAX_CODE_BYTES) throw tooLarge(record.address, code)
    const codeHash = code === undefined ? EMPTY_CODE_HASH : this.#codeHash(code)
    const leaf = encodeAccount({ nonce, balance, storageRoot: EMPTY_ROOT, codeHash })
    if (this.#sorter.add(keyOf(account), leaf)) await this.#sorter.spill()
  }

  /**
   * Yields the leaves, each account ahead of its slots. Throws `badGenesis` for repeated accounts or slots, and for
   * slots without an account.
   */
  async *sorted(): AsyncGenerator<SortedLeaf> {
    let last: SortedLeaf | undefined
    for await (const [key, value] of this.#sorter.sorted()) {
      const leaf = leafOf(key, value)
      const sameAccount = last !== undefined && Buffer.compare(last.account, leaf.account) === 0
      if (leaf.kind === 'account' && sameAccount) throw bad('an account is there twice', leaf)
      if (leaf.kind === 'slot' && !sameAccount) throw bad('a slot belongs to no account', leaf)
      if (leaf.kind === 'slot' && Buffer.compare(last!.slot, leaf.slot) === 0) throw bad('a slot is there twice', leaf)
      if (leaf.value.length > 0) yield leaf
      last = leaf
    }
  }

  close(): Promise<void> {
    return this.#sorter.close()
  }

  #hashOf(address: Uint8Array): Uint8Array {
    if (this.#address === undefined || Buffer.compare(address, this.#address) !== 0) {
      this.#account = this.#keccak.digest(address)
      this.#address = address
    }
    return this.#account
  }

  #codeHash(code: Uint8Array): Uint8Array {
    const hash = this.#keccak.digest(code)
    const hex = Buffer.from(hash).toString('latin1')
    if (code.length > 0 && !this.#codes.has(hex)) {
      this.#codes.add(hex)
      this.#onCode(hash, code)
    }
    return hash
  }
}

const NOTHING = new Uint8Array()

/** Refuses a code too large for an answer. A client syncing the state would wait for the code for ever. */
function tooLarge(address: Uint8Array, code: Uint8Array): ServerError {
  const details = { address: bytesToHex(address), got: code.length, expected: MAX_CODE_BYTES }
  const rule = `a code has ${code.length} bytes, and at most ${MAX_CODE_BYTES} can be sent`
  return new ServerError('badGenesis', `bad genesis state: ${rule} (address 0x${details.address})`, { details })
}

// A byte between the two hashes tells an account from its slots, and keeps one key from being a prefix of another.
const ACCOUNT = 0
const SLOT = 1
const HASH_BYTES = 32

function keyOf(account: Uint8Array, slot?: Uint8Array): Uint8Array {
  const key = new Uint8Array(slot === undefined ? HASH_BYTES + 1 : 2 * HASH_BYTES + 1)
  key.set(account)
  key[HASH_BYTES] = slot === undefined ? ACCOUNT : SLOT
  if (slot !== undefined) key.set(slot, HASH_BYTES + 1)
  return key
}

function leafOf(key: Uint8Array, value: Uint8Array): SortedLeaf {
  const kind = key[HASH_BYTES] === ACCOUNT ? 'account' : 'slot'
  return { kind, account: key.subarray(0, HASH_BYTES), slot: key.subarray(HASH_BYTES + 1), value }
}

function wordOf(slot: bigint): Uint8Array {
  const word = new Uint8Array(32)
  const bytes = bytesOf(slot)
  word.set(bytes, 32 - bytes.length)
  return word
}

function bad(rule: string, leaf: SortedLeaf): ServerError {
  const details = { account: bytesToHex(leaf.account), slot: bytesToHex(leaf.slot) }
  const which = `hashed address ${details.account}${leaf.kind === 'slot' ? `, hashed slot ${details.slot}` : ''}`
  return new ServerError('badGenesis', `bad genesis state: ${rule} (${which})`, { details })
}

/**
 * Synthetic states, shaped like the states of real chains. Most accounts are plain, some are contracts. Storage has a
 * long tail, many contracts share few codes, and some storage tries are equal. The same arguments give the same state.
 * Each address, slot and value can be derived without generating the rest.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { bigintOf, bytesOf } from '../trie/integer.ts'
import { type Keccak, nobleKeccak } from '../trie/keccak.ts'
import { InputError } from '../wallet/errors.ts'
import { parseCount } from '../wallet/number.ts'
import { badArgument, fieldsOf } from '../wallet/plain.ts'
import type { GenesisBlock } from './genesis-block.ts'
import type { AccountDescription } from './state-record.ts'

/** The size of a synthetic state, and the seed of its random choices. */
export interface SyntheticOptions {
  readonly accounts: number
  readonly seed: number
  readonly keccak?: Keccak
}

/**
 * Yields the accounts 0 to `accounts - 1`, in no order of any trie. Each account is made on demand. Throws
 * `badArgument` or `badNumber` at once.
 */
export function generateAccounts(options: SyntheticOptions): Generator<AccountDescription> {
  const given = fieldsOf('the options', options, ['accounts', 'seed', 'keccak'])
  const { accounts, seed, keccak } = given as unknown as SyntheticOptions
  return eachAccount(parseBelow('accounts', accounts, TEMPLATE_INDEX + 1), new SyntheticState(seed, keccak))
}

function* eachAccount(accounts: number, state: SyntheticState): Generator<AccountDescription> {
  for (let index = 0; index < accounts; index++) yield state.account(index)
}

/** Returns the genesis block of the state with this seed: made up, and the same each time. */
export function syntheticBlock(seed: number): GenesisBlock {
  return {
    fork: 'prague',
    difficulty: 0n,
    gasLimit: 36_000_000n,
    timestamp: 1_742_212_800n,
    extraData: utf8ToBytes(`synthetic, seed ${seed}`),
  }
}

/** A synthetic state with any number of accounts, derived from a seed. */
export class SyntheticState {
  readonly #seed: number
  readonly #keccak: Keccak
  // Most contracts share a few codes and the first slots, so each is made once.
  readonly #codes = new Map<number, Uint8Array>()
  readonly #slots: bigint[] = []

  /** Takes a seed. Throws `badArgument` or `badNumber`, like the methods. */
  constructor(seed: number, keccak: Keccak = nobleKeccak) {
    this.#seed = parseBelow('seed', seed, END)
    if (typeof fieldsOf('keccak', keccak, ['digest']).digest !== 'function')
      throw badArgument('keccak', 'an object with a `digest` function', keccak)
    this.#keccak = keccak
  }

  /** Returns the last 20 bytes of keccak(seed ‖ index), with seed and index as four bytes each, big-endian. */
  address(index: number): Uint8Array {
    return this.#digest(indexOf(index)).subarray(12)
  }

  /**
   * Returns slot number `j` of a contract. The first eight are plain variables, the others entries of a mapping at slot
   * 0.
   */
  slot(j: number): bigint {
    parseBelow('the number of a slot', j, END)
    this.#slots[j] ??= j < PLAIN_SLOTS ? BigInt(j) : bigintOf(this.#keccak.digest(mappingPreimage(j)))
    return this.#slots[j]
  }

  /** Returns the account with this index, and its storage. */
  account(index: number): AccountDescription {
    const digest = this.#digest(indexOf(index))
    const random = randomOf(digest)
    const address = digest.subarray(12)
    const balance = BigInt(Math.floor(random() ** 4 * 1e9)) * 10n ** BigInt(Math.floor(random() * 14))
    if (random() >= CONTRACT_SHARE)
      return { address, nonce: BigInt(Math.floor(random() ** 6 * 500)), balance, slots: [] }
    const code = this.#code(Math.floor(random() ** 3 * DISTINCT_CODES))
    return { address, nonce: 1n, balance, code, slots: this.#storage(random) }
  }

  #storage(random: () => number): [bigint, bigint][] {
    if (random() < EMPTY_STORAGE_SHARE) return []
    const template = random() < SHARED_STORAGE_SHARE ? Math.floor(random() ** 2 * STORAGE_TEMPLATES) : undefined
    const source = template === undefined ? random : randomOf(this.#digest(TEMPLATE_INDEX + template))
    // Pareto with exponent 1: half of the contracts have one slot, one in a thousand has a thousand and more.
    const count = Math.min(MAX_SLOTS, Math.floor(1 / (1 - source())))
    return Array.from({ length: count }, (_, j) => [this.slot(j), slotValue(source)])
  }

  /** Returns code number `which`: a few bytes for a proxy, up to the 24 KiB of EIP-170. */
  #code(which: number): Uint8Array {
    const made = this.#codes.get(which)
    if (made !== undefined) return made
    const random = mulberry32(this.#seed * DISTINCT_CODES + which)
    const length = 45 + Math.floor(random() ** 3 * 24_000)
    const code = Uint8Array.from({ length }, () => Math.floor(random() * 256))
    code.set(bytesOf(0x6080604052)) // the first bytes of every contract compiled by Solidity
    this.#codes.set(which, code)
    return code
  }

  #digest(index: number): Uint8Array {
    const preimage = new Uint8Array(8)
    const view = new DataView(preimage.buffer)
    view.setUint32(0, this.#seed)
    view.setUint32(4, index)
    return this.#keccak.digest(preimage)
  }
}

const CONTRACT_SHARE = 0.15
const EMPTY_STORAGE_SHARE = 0.3
const SHARED_STORAGE_SHARE = 0.1
const STORAGE_TEMPLATES = 12
const DISTINCT_CODES = 300
const PLAIN_SLOTS = 8
const MAX_SLOTS = 50_000
/** The first index of storage templates, beyond the index of any account. */
const TEMPLATE_INDEX = 0xff000000
/** The end of the numbers held by four bytes: larger ones would repeat the smaller ones. */
const END = 2 ** 32

function indexOf(index: unknown): number {
  return parseBelow('the index of an account', index, TEMPLATE_INDEX)
}

function parseBelow(name: string, value: unknown, end: number): number {
  const count = parseCount(name, value)
  if (count < end) return count
  const details = { name, got: String(count) }
  throw new InputError('badNumber', `${name} is below ${end}, got ${count}`, { details })
}

/** Returns the preimage hashed by Solidity for entry `j` of a mapping at slot 0. */
function mappingPreimage(j: number): Uint8Array {
  const preimage = new Uint8Array(64)
  new DataView(preimage.buffer).setUint32(28, j)
  return preimage
}

/**
 * Returns a random slot value. Most are flags and counters, then addresses, then amounts and hashes of up to 32 bytes.
 */
function slotValue(random: () => number): bigint {
  const kind = random()
  const bytes = kind < 0.4 ? 1 : kind < 0.55 ? 2 + Math.floor(random() * 8) : kind < 0.8 ? 20 : 32
  const value = Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256))
  value[0] = Math.max(1, value[0]!)
  return bigintOf(value)
}

/** Returns a generator for all other choices, seeded with digest bytes outside of the address. */
function randomOf(digest: Uint8Array): () => number {
  return mulberry32(new DataView(digest.buffer, digest.byteOffset).getUint32(0))
}

/**
 * Returns Tommy Ettinger's mulberry32 generator, with numbers in [0, 1): small, fast, and good enough for test data.
 */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Synthetic states, shaped as those of real chains: most accounts are plain, some are contracts; their storage has a long
 * tail; few codes are shared by many; some storage tries are equal. The same arguments give the same state, and every
 * address, slot and value can be derived again without generating the rest.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { bigintOf, bytesOf } from '../trie/integer.ts'
import { type Keccak, nobleKeccak } from '../trie/keccak.ts'
import { parseCount } from '../wallet/number.ts'
import { badArgument, fieldsOf } from '../wallet/plain.ts'
import type { GenesisBlock } from './genesis-block.ts'
import type { AccountDescription } from './state-record.ts'

export interface SyntheticOptions {
  readonly accounts: number
  readonly seed: number
  readonly keccak?: Keccak
}

/**
 * Yields the accounts 0 to `accounts - 1`, in no order of any trie. Each is made when it is asked for. Throws `badArgument` or
 * `badNumber` at once.
 */
export function generateAccounts(options: SyntheticOptions): Generator<AccountDescription> {
  const given = fieldsOf('the options', options, ['accounts', 'seed', 'keccak'])
  const { accounts, seed, keccak } = given as unknown as SyntheticOptions
  return eachAccount(parseCount('accounts', accounts), new SyntheticState(seed, keccak))
}

function* eachAccount(accounts: number, state: SyntheticState): Generator<AccountDescription> {
  for (let index = 0; index < accounts; index++) yield state.account(index)
}

/** The block that a state with this seed is the genesis of: made up, and the same each time. */
export function syntheticBlock(seed: number): GenesisBlock {
  return {
    fork: 'prague',
    difficulty: 0n,
    gasLimit: 36_000_000n,
    timestamp: 1_742_212_800n,
    extraData: utf8ToBytes(`synthetic, seed ${seed}`),
  }
}

/** The state with this seed, of any number of accounts. */
export class SyntheticState {
  readonly #seed: number
  readonly #keccak: Keccak
  // Most contracts share a few codes and the first slots: each is made once.
  readonly #codes = new Map<number, Uint8Array>()
  readonly #slots: bigint[] = []

  /** Throws `badArgument` or `badNumber`, as its methods do. */
  constructor(seed: number, keccak: Keccak = nobleKeccak) {
    this.#seed = parseCount('seed', seed)
    if (typeof fieldsOf('keccak', keccak, ['digest']).digest !== 'function')
      throw badArgument('keccak', 'an object with a `digest` function', keccak)
    this.#keccak = keccak
  }

  /** The last 20 bytes of keccak(seed ‖ index), each of the two as four bytes, big-endian. */
  address(index: number): Uint8Array {
    return this.#digest(index).subarray(12)
  }

  /** Slot number `j` of a contract: the first eight are plain variables, the others entries of a mapping at slot 0. */
  slot(j: number): bigint {
    parseCount('the number of a slot', j)
    this.#slots[j] ??= j < PLAIN_SLOTS ? BigInt(j) : bigintOf(this.#keccak.digest(mappingPreimage(j)))
    return this.#slots[j]
  }

  account(index: number): AccountDescription {
    const digest = this.#digest(index)
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
    // Pareto with exponent 1: half of them have one slot, one in a thousand has a thousand and more.
    const count = Math.min(MAX_SLOTS, Math.floor(1 / (1 - source())))
    return Array.from({ length: count }, (_, j) => [this.slot(j), slotValue(source)])
  }

  /** Code number `which`: a few bytes for a proxy, up to the 24 KiB of EIP-170. */
  #code(which: number): Uint8Array {
    const made = this.#codes.get(which)
    if (made !== undefined) return made
    const random = mulberry32(this.#seed * DISTINCT_CODES + which)
    const length = 45 + Math.floor(random() ** 3 * 24_000)
    const code = Uint8Array.from({ length }, () => Math.floor(random() * 256))
    code.set(bytesOf(0x6080604052)) // how every contract of a Solidity compiler begins
    this.#codes.set(which, code)
    return code
  }

  #digest(index: number): Uint8Array {
    parseCount('the index of an account', index)
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
/** Templates draw from indexes that no account has. */
const TEMPLATE_INDEX = 0xff000000

/** What Solidity hashes for entry `j` of a mapping at slot 0. */
function mappingPreimage(j: number): Uint8Array {
  const preimage = new Uint8Array(64)
  new DataView(preimage.buffer).setUint32(28, j)
  return preimage
}

/** Flags and counters, for the most part; then addresses; then amounts and hashes of up to 32 bytes. */
function slotValue(random: () => number): bigint {
  const kind = random()
  const bytes = kind < 0.4 ? 1 : kind < 0.55 ? 2 + Math.floor(random() * 8) : kind < 0.8 ? 20 : 32
  const value = Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256))
  value[0] = Math.max(1, value[0]!)
  return bigintOf(value)
}

/** The bytes of a digest that are no part of the address seed what else there is to choose. */
function randomOf(digest: Uint8Array): () => number {
  return mulberry32(new DataView(digest.buffer, digest.byteOffset).getUint32(0))
}

/** Tommy Ettinger's mulberry32: small, fast, and good enough for test data. Numbers in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

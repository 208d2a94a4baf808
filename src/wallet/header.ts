/**
 * Block headers as plain data. A block hash is the keccak-256 of the header's RLP. Trusting a block hash therefore
 * means trusting every field of its header, including the state root. Neither the seal nor the chain is checked.
 *
 * The fields have the order of the Yellow Paper (4.3), then of EIP-1559, 4895, 4844, 4788 and 7685. Their names are
 * those of JSON-RPC (execution-apis, `Block`).
 */
import { RLP } from '@ethereumjs/rlp'
import { bytesToHex } from '@noble/hashes/utils.js'
import { bigintOf } from '../trie/integer.ts'
import { equalHash, keccak256 } from '../trie/keccak.ts'
import { InputError } from './errors.ts'

/**
 * A block's header. Hashes, addresses and other bytes are `0x` and hex digits. Quantities are bigints, except `number`,
 * and `timestamp` in seconds: these two stay below 2^53. `null`: the block is older than the field.
 */
export interface BlockHeader {
  /** keccak-256 of the header's RLP. */
  readonly hash: string
  readonly parentHash: string
  readonly sha3Uncles: string
  readonly miner: string
  readonly stateRoot: string
  readonly transactionsRoot: string
  readonly receiptsRoot: string
  readonly logsBloom: string
  readonly difficulty: bigint
  readonly number: number
  readonly gasLimit: bigint
  readonly gasUsed: bigint
  readonly timestamp: number
  readonly extraData: string
  readonly mixHash: string
  readonly nonce: string
  /** Since London; in wei. */
  readonly baseFeePerGas: bigint | null
  /** Since Shanghai. */
  readonly withdrawalsRoot: string | null
  /** Since Cancun, like the next two fields. */
  readonly blobGasUsed: bigint | null
  readonly excessBlobGas: bigint | null
  readonly parentBeaconBlockRoot: string | null
  /** Since Prague. */
  readonly requestsHash: string | null
}

/**
 * Returns the header in `rlp` if its hash is `hash` (32 bytes). Throws `headerMismatch` for another hash, and
 * `badHeader`.
 */
export function checkHeader(hash: Uint8Array, rlp: Uint8Array): BlockHeader {
  const digest = keccak256(rlp)
  if (equalHash(digest, hash)) return decode(digest, rlp)
  const details = { got: textOf(digest), expected: textOf(hash) }
  throw new InputError('headerMismatch', `the header has the hash ${details.got}, expected ${details.expected}`, {
    details,
  })
}

/**
 * Returns the header in `rlp`, whatever its hash. Unknown fields at the end belong to later forks and are ignored.
 * Throws `badHeader`.
 */
export function decodeHeader(rlp: Uint8Array): BlockHeader {
  return decode(keccak256(rlp), rlp)
}

function decode(digest: Uint8Array, rlp: Uint8Array): BlockHeader {
  const fields = new Fields(rlp)
  return {
    hash: textOf(digest),
    parentHash: fields.bytes('parentHash', 32),
    sha3Uncles: fields.bytes('sha3Uncles', 32),
    miner: fields.bytes('miner', 20),
    stateRoot: fields.bytes('stateRoot', 32),
    transactionsRoot: fields.bytes('transactionsRoot', 32),
    receiptsRoot: fields.bytes('receiptsRoot', 32),
    logsBloom: fields.bytes('logsBloom', 256),
    difficulty: fields.quantity('difficulty', 32),
    number: fields.count('number'),
    gasLimit: fields.quantity('gasLimit', 8),
    gasUsed: fields.quantity('gasUsed', 8),
    timestamp: fields.count('timestamp'),
    extraData: fields.bytes('extraData'),
    mixHash: fields.bytes('mixHash', 32),
    nonce: fields.bytes('nonce', 8),
    baseFeePerGas: fields.done ? null : fields.quantity('baseFeePerGas', 32),
    withdrawalsRoot: fields.done ? null : fields.bytes('withdrawalsRoot', 32),
    blobGasUsed: fields.done ? null : fields.quantity('blobGasUsed', 8),
    excessBlobGas: fields.done ? null : fields.quantity('excessBlobGas', 8),
    parentBeaconBlockRoot: fields.done ? null : fields.bytes('parentBeaconBlockRoot', 32),
    requestsHash: fields.done ? null : fields.bytes('requestsHash', 32),
  }
}

/** Takes the items of a header one by one. */
class Fields {
  readonly #items: readonly unknown[]
  #at = 0

  constructor(rlp: Uint8Array) {
    const items = decodeRlp(rlp)
    if (!Array.isArray(items)) throw bad('a header is a list')
    this.#items = items
  }

  get done(): boolean {
    return this.#at >= this.#items.length
  }

  /** Returns the next field as text. Without `length`, any length is valid. */
  bytes(name: string, length?: number): string {
    const bytes = this.#next(name)
    if (length !== undefined && bytes.length !== length)
      throw bad(`${name} has ${length} bytes, got ${bytes.length}`, name)
    return textOf(bytes)
  }

  quantity(name: string, maxBytes: number): bigint {
    const bytes = this.#next(name)
    if (bytes.length > maxBytes) throw bad(`${name} has at most ${maxBytes} bytes, got ${bytes.length}`, name)
    if (bytes[0] === 0) throw bad(`${name} has a leading zero`, name)
    return bigintOf(bytes)
  }

  count(name: string): number {
    const count = Number(this.quantity(name, 8))
    if (!Number.isSafeInteger(count)) throw bad(`${name} is below 2^53`, name)
    return count
  }

  #next(name: string): Uint8Array {
    const item = this.#items[this.#at++]
    if (item instanceof Uint8Array) return item
    throw bad(item === undefined ? `${name} is missing` : `${name} is a list`, name)
  }
}

function decodeRlp(rlp: Uint8Array): unknown {
  try {
    return RLP.decode(rlp)
  } catch (cause) {
    // The RLP is not canonical, cut off, or nested deeper than the stack allows.
    throw bad('not canonical RLP', undefined, cause)
  }
}

function bad(rule: string, field?: string, cause?: unknown): InputError {
  const details = field === undefined ? {} : { field }
  return new InputError('badHeader', `not a block header: ${rule}`, { details, cause })
}

function textOf(bytes: Uint8Array): string {
  return `0x${bytesToHex(bytes)}`
}

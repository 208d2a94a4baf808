/**
 * The header of a genesis block, from the chain's genesis and the state root. The rules are geth's (`core/genesis.go`).
 * Every client of the chain follows the same rules, because all must compute the same hash.
 */
import { RLP } from '@ethereumjs/rlp'
import { hexToBytes } from '@noble/hashes/utils.js'
import { EMPTY_ROOT } from '../trie/account.ts'
import { bytesOf } from '../trie/integer.ts'
import { keccak256 } from '../trie/keccak.ts'
import { badArgument, fieldsOf } from '../wallet/plain.ts'
import { checkBytes, withoutMissing } from './check-arguments.ts'

/** The forks adding fields to a header, in order. `frontier` stands for a chain without any. */
export const GENESIS_FORKS = ['frontier', 'london', 'shanghai', 'cancun', 'prague', 'amsterdam'] as const

/** The fields of a genesis block. A missing field is zero, or empty. */
export interface GenesisBlock {
  /** The last fork active in the block. */
  readonly fork: (typeof GENESIS_FORKS)[number]
  readonly difficulty: bigint
  /** 0: `DEFAULT_GAS_LIMIT`. */
  readonly gasLimit: bigint
  readonly timestamp?: bigint
  readonly extraData?: Uint8Array
  readonly nonce?: bigint
  /** 32 bytes. */
  readonly mixHash?: Uint8Array
  /** 20 bytes. */
  readonly coinbase?: Uint8Array
  /** 32 bytes. */
  readonly parentHash?: Uint8Array
  readonly number?: bigint
  readonly gasUsed?: bigint
  /** Left out: `INITIAL_BASE_FEE` from London on. */
  readonly baseFeePerGas?: bigint
  readonly blobGasUsed?: bigint
  readonly excessBlobGas?: bigint
  readonly slotNumber?: bigint
}

/** Returns the RLP of the header of a block with this state root (32 bytes). Throws `badArgument`. */
export function encodeGenesisHeader(given: GenesisBlock, stateRoot: Uint8Array): Uint8Array {
  const block = checkBlock(given)
  checkBytes('a state root', stateRoot, 32)
  const { difficulty, gasLimit, timestamp = 0n, number = 0n, gasUsed = 0n, nonce = 0n } = block
  const { parentHash = ZERO_HASH, coinbase = new Uint8Array(20), mixHash = ZERO_HASH, extraData = NOTHING } = block
  return RLP.encode([
    ...[parentHash, NO_UNCLES, coinbase, stateRoot, EMPTY_ROOT, EMPTY_ROOT, new Uint8Array(256)],
    ...[difficulty, number, gasLimit || DEFAULT_GAS_LIMIT, gasUsed, timestamp].map(bytesOf),
    ...[extraData, mixHash, padded(nonce)],
    ...laterFields(block),
  ])
}

const AMOUNTS = ['difficulty', 'gasLimit', 'timestamp', 'nonce', 'number', 'gasUsed'] as const
const LATER_AMOUNTS = ['baseFeePerGas', 'blobGasUsed', 'excessBlobGas', 'slotNumber'] as const
const LENGTHS = { mixHash: 32, coinbase: 20, parentHash: 32, extraData: undefined } as const

function checkBlock(given: unknown): GenesisBlock {
  const names = ['fork', ...AMOUNTS, ...LATER_AMOUNTS, 'mixHash', 'coinbase', 'parentHash', 'extraData'] as const
  const block = fieldsOf('a genesis block', given, names, 'an object with the fork, difficulty, gasLimit, …')
  if (!GENESIS_FORKS.some((fork) => fork === block.fork))
    throw badArgument('fork', `one of ${GENESIS_FORKS.join(', ')}`, block.fork)
  for (const name of [...AMOUNTS, ...LATER_AMOUNTS]) {
    const value = block[name]
    if (value === undefined && name !== 'difficulty' && name !== 'gasLimit') continue
    // A nonce has eight bytes; every other number of a header has at most a word.
    const limit = name === 'nonce' ? 2n ** 64n : 2n ** 256n
    if (typeof value !== 'bigint' || value < 0n || value >= limit) throw badArgument(name, 'a bigint from 0', value)
  }
  for (const name of ['mixHash', 'coinbase', 'parentHash', 'extraData'] as const)
    if (block[name] !== undefined) checkBytes(name, block[name], LENGTHS[name])
  return withoutMissing(block) as GenesisBlock
}

/** geth's gas limit for a genesis with 0. */
const DEFAULT_GAS_LIMIT = 4_712_388n
/** The initial base fee of EIP-1559. */
const INITIAL_BASE_FEE = 1_000_000_000n
const NOTHING = new Uint8Array()
const ZERO_HASH = new Uint8Array(32)
const NO_UNCLES = keccak256(RLP.encode([]))
/** EIP-7928: keccak-256 of the RLP of an empty list. */
const NO_BLOCK_ACCESSES = NO_UNCLES
/** EIP-7685: SHA-256 of the empty text. */
const NO_REQUESTS = hexToBytes('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')

function laterFields(block: GenesisBlock): Uint8Array[] {
  const { fork, baseFeePerGas, blobGasUsed = 0n, excessBlobGas = 0n, slotNumber = 0n } = block
  const has = (other: GenesisBlock['fork']) => GENESIS_FORKS.indexOf(fork) >= GENESIS_FORKS.indexOf(other)
  // A base fee named by the genesis is in the header, even before London.
  const baseFee = baseFeePerGas ?? (has('london') ? INITIAL_BASE_FEE : undefined)
  return [
    ...(baseFee === undefined ? [] : [bytesOf(baseFee)]),
    ...(has('shanghai') ? [EMPTY_ROOT] : []),
    ...(has('cancun') ? [bytesOf(blobGasUsed), bytesOf(excessBlobGas), ZERO_HASH] : []),
    ...(has('prague') ? [NO_REQUESTS] : []),
    ...(has('amsterdam') ? [NO_BLOCK_ACCESSES, bytesOf(slotNumber)] : []),
  ]
}

/** Returns a nonce as eight bytes. */
function padded(nonce: bigint): Uint8Array {
  return hexToBytes(nonce.toString(16).padStart(16, '0'))
}

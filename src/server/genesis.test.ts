import { RLP } from '@ethereumjs/rlp'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { EMPTY_ROOT } from '../trie/account.ts'
import { bytesOf } from '../trie/integer.ts'
import { keccak256 } from '../trie/keccak.ts'
import { type GenesisName, KNOWN_GENESIS, knownGenesis, knownGenesisRecords } from './genesis.ts'
import { importInto } from './temporary.suite.ts'

const ZEROS = new Uint8Array(32)
const NO_UNCLES = keccak256(RLP.encode([]))

interface Header {
  readonly difficulty: number
  readonly gasLimit: number
  readonly time: number
  readonly extra: string
  readonly nonce: string
  /** What the forks that are active from the start have added. */
  readonly later: readonly Uint8Array[]
  readonly hash: string
}

const BASE_FEE = bytesOf(1_000_000_000)

/** What the headers of the four genesis blocks differ in, and the block hash that every client of the chain checks. */
const HEADERS: Record<GenesisName, Header> = {
  mainnet: {
    difficulty: 17179869184,
    gasLimit: 5000,
    time: 0,
    extra: '11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa',
    nonce: '0000000000000042',
    later: [],
    hash: 'd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3',
  },
  sepolia: {
    difficulty: 131072,
    gasLimit: 30_000_000,
    time: 0x6159af19,
    extra: bytesToHex(new TextEncoder().encode('Sepolia, Athens, Attica, Greece!')),
    nonce: '0000000000000000',
    later: [BASE_FEE], // London
    hash: '25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9',
  },
  holesky: {
    difficulty: 1,
    gasLimit: 0x17d7840,
    time: 0x65156994,
    extra: '',
    nonce: '0000000000001234',
    later: [BASE_FEE], // London
    hash: 'b5f7f912443c940f21fd611f12828d75b534364ed9e95ca4e307729a4661bde4',
  },
  hoodi: {
    difficulty: 1,
    gasLimit: 0x2255100,
    time: 0x67d80ec0,
    extra: '',
    nonce: '0000000000001234',
    // London; Shanghai: no withdrawals; Cancun: no blobs, and the beacon root of the parent
    later: [BASE_FEE, EMPTY_ROOT, bytesOf(0), bytesOf(0), ZEROS],
    hash: 'bbe312868b376a3001692a646dd2d7d1e4406380dfd86b98aa8a34d1557c971b',
  },
}

describe('KNOWN_GENESIS', () => {
  test.each(KNOWN_GENESIS)(
    'default: the header of $name with this root has the hash of its genesis block',
    ({ name, root }) => {
      const { difficulty, gasLimit, time, extra, nonce, later, hash } = HEADERS[name]
      const before = [
        ZEROS,
        NO_UNCLES,
        new Uint8Array(20),
        hexToBytes(root),
        EMPTY_ROOT,
        EMPTY_ROOT,
        new Uint8Array(256),
      ]
      const integers = [difficulty, 0, gasLimit, 0, time].map(bytesOf)
      const header = [...before, ...integers, hexToBytes(extra), ZEROS, hexToBytes(nonce), ...later]
      expect(bytesToHex(keccak256(RLP.encode(header)))).toBe(hash)
    },
  )
})

describe('knownGenesisRecords', () => {
  test.each([
    ['mainnet', { accounts: 8893, slots: 0, nodes: 12_356, codes: 0 }],
    ['sepolia', { accounts: 15, slots: 0, nodes: 19, codes: 0 }],
    ['holesky', { accounts: 317, slots: 31, nodes: 487, codes: 1 }],
    ['hoodi', { accounts: 335, slots: 33, nodes: 516, codes: 5 }],
  ])('default: %s has its root and its numbers', async (name, numbers) => {
    const genesis = knownGenesis(name)!
    const { info } = await importInto({ records: knownGenesisRecords(genesis) })
    expect(info).toMatchObject({ root: genesis.root, ...numbers })
    if (name === 'mainnet') expect((info.bytes / 1e6).toFixed(2)).toBe('1.48')
  })
})

describe('knownGenesis', () => {
  test('behavior: an unknown name has none', () => {
    expect(knownGenesis('ropsten')).toBeUndefined()
  })
})

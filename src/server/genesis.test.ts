import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { keccak256 } from '../trie/keccak.ts'
import { type GenesisName, KNOWN_GENESIS, knownGenesis, knownGenesisRecords } from './genesis.ts'
import { encodeGenesisHeader } from './genesis-block.ts'
import { importInto } from './temporary.suite.ts'

/** The block hashes checked by every client. */
const HASHES: Record<GenesisName, string> = {
  mainnet: 'd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3',
  sepolia: '25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9',
  holesky: 'b5f7f912443c940f21fd611f12828d75b534364ed9e95ca4e307729a4661bde4',
  hoodi: 'bbe312868b376a3001692a646dd2d7d1e4406380dfd86b98aa8a34d1557c971b',
}

describe('KNOWN_GENESIS', () => {
  test.each(KNOWN_GENESIS)(
    'default: the header of $name with this root has the hash of its genesis block',
    ({ name, root, block }) => {
      expect(bytesToHex(keccak256(encodeGenesisHeader(block, hexToBytes(root))))).toBe(HASHES[name])
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

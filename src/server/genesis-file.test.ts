import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RLP } from '@ethereumjs/rlp'
import { hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { readVectorChain } from '../testing/rpc-compat/chain.ts'
import { NO_VECTORS, readVectorFile, VECTORS } from '../testing/rpc-compat/vectors.ts'
import { EMPTY_ROOT_HEX } from '../trie/account.ts'
import { keccak256 } from '../trie/keccak.ts'
import { decodeHeader } from '../wallet/header.ts'
import { type GenesisName, knownGenesis } from './genesis.ts'
import { genesisFile, genesisText } from './genesis-file.ts'
import type { StateRecord } from './state-record.ts'
import { importInto, temporaryDirectory } from './temporary.suite.ts'

const A = '0x00000000000000000000000000000000000000aa'
const B = '0x00000000000000000000000000000000000000bb'

const genesis = {
  config: { chainId: 1337, terminalTotalDifficulty: 0 },
  nonce: '0x42',
  alloc: {
    [A]: {
      balance: '0x10',
      nonce: '0x1',
      code: '0x6001',
      storage: { '0x01': '0x0a', '02': 'ff' },
      secretKey: ['x', { y: 1 }],
    },
    [B.slice(2)]: { balance: '1000000000000000000000000000', comment: 'premine' },
    [B.toUpperCase().replace('0X', '0x').replace('B', 'C')]: { balance: 7 },
  },
}

const bytes = (text: string) => new TextEncoder().encode(text)

async function read(chunks: Iterable<Uint8Array>): Promise<StateRecord[]> {
  const records: StateRecord[] = []
  for await (const record of genesisText(chunks, 'genesis.json').records) records.push(record)
  return records
}

function inPieces(text: string | Uint8Array, size: number): Uint8Array[] {
  const all = typeof text === 'string' ? bytes(text) : Uint8Array.from(text)
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
}

const account = (fields: string, address = A) => `{"alloc":{"${address}":${fields}}}`

describe('genesisFile', () => {
  test('default: gives accounts and slots, by the rules of geth', async () => {
    const path = join(await temporaryDirectory(), 'genesis.json')
    await writeFile(path, JSON.stringify(genesis))
    const file = genesisFile(path)
    const records: StateRecord[] = []
    for await (const record of file.records) records.push(record)
    const address = (byte: number) => new Uint8Array(20).fill(byte, 19)
    const [a, b, c] = [address(0xaa), address(0xbb), address(0xcb)]
    expect(records.map((record) => ({ ...record, address: Uint8Array.from(record.address) }))).toEqual([
      { kind: 'slot', address: a, slot: 1n, value: 10n },
      { kind: 'slot', address: a, slot: 2n, value: 255n },
      { kind: 'account', address: a, nonce: 1n, balance: 16n, code: Uint8Array.of(0x60, 1) },
      { kind: 'account', address: b, nonce: 0n, balance: 10n ** 27n },
      { kind: 'account', address: c, nonce: 0n, balance: 7n },
    ])
    expect(file.chainId()).toBe(1337)
  })

  test('behavior: the case of a name does not matter, and null says nothing', async () => {
    const fields = '"BALANCE":"1","Nonce":"2","cODE":"0x60","\u017ftorage":{"01":"02","03":null}'
    const nothing = '"Balance":1,"nonce":null,"code":null,"storage":null'
    const records = await read([bytes(`{"ALLOC":{"${A}":{${fields}},"${B}":{${nothing}}}}`)])
    expect(records.map(({ address: _, ...record }) => record)).toEqual([
      { kind: 'slot', slot: 1n, value: 2n },
      { kind: 'slot', slot: 3n, value: 0n },
      { kind: 'account', nonce: 2n, balance: 1n, code: Uint8Array.of(0x60) },
      { kind: 'account', nonce: 0n, balance: 1n },
    ])
  })

  test('behavior: a number of JSON is read exactly, whatever its size', async () => {
    const balance = 2n ** 256n - 1n
    expect(await read([bytes(account(`{"balance":${balance}}`))])).toMatchObject([{ balance }])
    const tooMuch = read([bytes(account(`{"balance":${balance + 1n}}`))])
    await expect(tooMuch).rejects.toMatchObject({ code: 'badGenesis', message: expect.stringMatching(/32 bytes/) })
  })

  test('error: unknownGenesis where there is no such file', async () => {
    const { records } = genesisFile(join(await temporaryDirectory(), 'ropsten'))
    await expect(importInto({ records })).rejects.toMatchObject({ code: 'unknownGenesis' })
  })
})

/** The public genesis files as clients write them, with an arbitrary alloc, and the known block hash. */
const PUBLIC: [name: GenesisName, hash: string, genesis: Record<string, unknown>][] = [
  [
    'mainnet',
    'd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3',
    {
      config: { chainId: 1, londonBlock: 12965000, shanghaiTime: 1681338455, ethash: {} },
      nonce: '0x42',
      gasLimit: '0x1388',
      difficulty: '0x400000000',
      extraData: '0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa',
    },
  ],
  [
    'sepolia',
    '25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9',
    {
      config: { chainId: 11155111, londonBlock: 0, mergeNetsplitBlock: 1735371, shanghaiTime: 1677557088 },
      nonce: '0x0',
      timestamp: '0x6159af19',
      extraData: '0x5365706f6c69612c20417468656e732c204174746963612c2047726565636521',
      gasLimit: '0x1c9c380',
      difficulty: '0x20000',
      mixHash: `0x${'00'.repeat(32)}`,
      coinbase: `0x${'00'.repeat(20)}`,
      number: '0x0',
      gasUsed: '0x0',
      parentHash: `0x${'00'.repeat(32)}`,
      baseFeePerGas: null,
    },
  ],
  [
    'holesky',
    'b5f7f912443c940f21fd611f12828d75b534364ed9e95ca4e307729a4661bde4',
    {
      config: { chainId: 17000, londonBlock: 0, terminalTotalDifficultyPassed: true, shanghaiTime: 1696000704 },
      Nonce: 4660,
      TIMESTAMP: '1695902100',
      extradata: '0x',
      gaslimit: 25_000_000,
      difficulty: '0x01',
      mixhash: '0x'.padEnd(66, '0'),
    },
  ],
  [
    'hoodi',
    'bbe312868b376a3001692a646dd2d7d1e4406380dfd86b98aa8a34d1557c971b',
    {
      config: { chainId: 560048, londonBlock: 0, shanghaiTime: 0, cancunTime: 0, pragueTime: 1742999832 },
      nonce: '0x1234',
      timestamp: '0x67d80ec0',
      extraData: '0x',
      gasLimit: '0x2255100',
      difficulty: '0x1',
      excessBlobGas: null,
    },
  ],
]

describe('genesisFile.header', () => {
  async function headerOf(genesis: Record<string, unknown>, root = new Uint8Array(32)) {
    const file = genesisText([bytes(JSON.stringify({ ...genesis, alloc: {} }))], 'genesis.json')
    for await (const _ of file.records);
    const rlp = file.header(root)
    return rlp === undefined ? undefined : decodeHeader(rlp)
  }
  const SMALL = { config: {}, difficulty: '0x0', gasLimit: '0x1c9c380' }
  const PRAGUE = { londonBlock: 0, shanghaiTime: 0, cancunTime: 0, pragueTime: 0 }

  test.each(PUBLIC)('default: that of %s, by the forks that are active in it', async (name, hash, genesis) => {
    expect((await headerOf(genesis, hexToBytes(knownGenesis(name)!.root)))?.hash).toBe(`0x${hash}`)
  })

  test('behavior: from Prague on there is the hash of no requests', async () => {
    expect(await headerOf({ ...SMALL, config: PRAGUE })).toMatchObject({
      baseFeePerGas: 1_000_000_000n,
      withdrawalsRoot: `0x${EMPTY_ROOT_HEX}`,
      blobGasUsed: 0n,
      excessBlobGas: 0n,
      parentBeaconBlockRoot: `0x${'00'.repeat(32)}`,
      requestsHash: `0x${createHash('sha256').digest('hex')}`,
    })
  })

  test('behavior: from Amsterdam on there are the hash of no accesses and the slot number', async () => {
    const file = genesisText(
      [bytes(JSON.stringify({ ...SMALL, slotNumber: '0x7', config: { ...PRAGUE, amsterdamTime: 0 }, alloc: {} }))],
      'genesis.json',
    )
    for await (const _ of file.records);
    const fields = RLP.decode(file.header(new Uint8Array(32))!) as Uint8Array[]
    expect(fields).toHaveLength(23)
    expect(fields[21]).toEqual(keccak256(RLP.encode([])))
    expect(fields[22]).toEqual(Uint8Array.of(7))
  })

  test('error: badGenesis for a header that no answer can carry, or no peer would read', async () => {
    const large = headerOf({ ...SMALL, extraData: `0x${'00'.repeat(17_000)}` })
    await expect(large).rejects.toMatchObject({ code: 'badGenesis', message: expect.stringMatching(/can be sent/) })
    const late = headerOf({ ...SMALL, timestamp: '0xffffffffffffffff' })
    await expect(late).rejects.toMatchObject({ code: 'badGenesis', message: expect.stringMatching(/timestamp/) })
  })

  test('behavior: a fork is active from its time on', async () => {
    const config = { londonBlock: 0, shanghaiTime: 100, cancunTime: 101 }
    const withdrawalsRoot = `0x${EMPTY_ROOT_HEX}`
    expect(await headerOf({ ...SMALL, timestamp: 99, config })).toMatchObject({ withdrawalsRoot: null })
    expect(await headerOf({ ...SMALL, timestamp: 100, config })).toMatchObject({ withdrawalsRoot, blobGasUsed: null })
    expect(await headerOf({ ...SMALL, timestamp: 101, config })).toMatchObject({ withdrawalsRoot, blobGasUsed: 0n })
  })

  test('behavior: what the genesis says goes before what geth would say', async () => {
    const fees = { baseFeePerGas: '0x7', blobGasUsed: '0x20000', excessBlobGas: '131072' }
    expect(await headerOf({ ...SMALL, ...fees, config: PRAGUE })).toMatchObject({
      baseFeePerGas: 7n,
      blobGasUsed: 131_072n,
      excessBlobGas: 131_072n,
    })
    expect(await headerOf({ ...SMALL, baseFeePerGas: 7 })).toMatchObject({ baseFeePerGas: 7n, withdrawalsRoot: null })
    expect(await headerOf({ ...SMALL, gasLimit: '0x0' })).toMatchObject({ gasLimit: 4_712_388n })
    const miner = `0x${'ab'.repeat(20)}`
    expect(await headerOf({ ...SMALL, coinbase: miner, number: 5, nonce: '0x42' })).toMatchObject({
      miner,
      number: 5,
      nonce: '0x0000000000000042',
    })
  })

  test.each<[string, Record<string, unknown>]>([
    ['without a difficulty', { config: {}, gasLimit: 1 }],
    ['without a gas limit', { config: {}, difficulty: 1 }],
    ['that says nothing of its forks', { ...SMALL, config: undefined }],
    ['whose config is null', { ...SMALL, config: null }],
    ['with excess blob gas before Cancun', { ...SMALL, excessBlobGas: 0 }],
    ['that begins with a fork of another client', { ...SMALL, config: { londonBlock: 0, isthmusTime: 0 } }],
    ['whose timestamp has reached a fork that is not known', { ...SMALL, timestamp: 9, config: { verkleTime: '0x9' } }],
    ['with Cancun and no Shanghai', { ...SMALL, config: { londonBlock: 0, cancunTime: 0 } }],
    [
      'that begins with a fork of which the fields are not known',
      { ...SMALL, config: { ...PRAGUE, amsterdamTime: 0, bogotaTime: 0 } },
    ],
  ])('behavior: there is none of a genesis %s', async (_, genesis) => {
    expect(await headerOf(genesis)).toBeUndefined()
  })

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['a timestamp that is a word', { timestamp: 'now' }, /timestamp is not an integer/],
    ['a nonce of nine bytes', { nonce: '0x10000000000000000' }, /nonce has more than 8 bytes/],
    ['a mixHash of 31 bytes', { mixHash: '00'.repeat(31) }, /mixHash has 32 bytes, got 31/],
    ['extra data of half a byte', { extraData: '0x1' }, /extraData is not hex/],
    ['a coinbase that is an object', { coinbase: {} }, /coinbase is a string/],
    ['a fork that is a word', { config: { londonBlock: 'soon' } }, /config\.londonBlock is not an integer/],
    ['a fork that is a list', { config: { shanghaiTime: [0] } }, /config\.shanghaiTime is a string/],
  ])('error: badGenesis for %s', async (_, genesis, message) => {
    const error = await headerOf({ ...SMALL, ...genesis }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'badGenesis', message: expect.stringMatching(message) })
  })
})

describe.skipIf(VECTORS === null)(VECTORS === null ? NO_VECTORS : 'genesisFile of an official chain', () => {
  test('default: has the hash that block 1 names as its parent', async () => {
    const file = genesisText([readVectorFile('genesis.json')], 'genesis.json')
    const { info } = await importInto({ records: file.records, chainId: file.chainId, header: file.header })
    const { chainId, blocks } = readVectorChain()
    expect(decodeHeader(hexToBytes(info.header!)).hash).toBe(blocks[0]!.header.parentHash)
    expect(info.chainId).toBe(chainId)
  })
})

describe('genesisText', () => {
  test('behavior: it does not matter where the text is cut into pieces', async () => {
    const text = JSON.stringify(genesis, null, 2)
    const whole = await read([bytes(text)])
    for (const size of [1, 2, 7, 64]) expect(await read(inPieces(text, size))).toEqual(whole)
  })

  test('behavior: slots come out while their account is still being read', async () => {
    let given = 0
    function* pieces() {
      yield bytes(`{"alloc":{"${A}":{"storage":{`)
      for (let i = 1; i <= 1000; i++) {
        given = i
        yield bytes(`${i === 1 ? '' : ','}"${i.toString(16)}":"1"`)
      }
      yield bytes('},"balance":"1"}}}')
    }
    let seen = 0
    for await (const record of genesisText(pieces(), 'genesis.json').records) {
      if (record.kind === 'slot') expect(given - ++seen).toBeLessThan(3)
    }
    expect(seen).toBe(1000)
  })

  test.each([
    ['nothing', '', /ends too early/],
    ['no JSON', 'genesis', /Unexpected/],
    ['text that is cut off', account('{"balance":"1"}').slice(0, -1), /ends too early/],
    ['a string that is cut off', '{"alloc', /middle of a word/],
    ['text behind the end', `${account('{"balance":"1"}')}{}`, /the end of the text/],
    ['a comma too many', account('{"balance":"1",}'), /expected a key/],
    ['a comma too few', account('{"balance":"1" "nonce":"1"}'), /expected a comma/],
    ['a key without a value', account('{"balance"}'), /expected a colon/],
    ['a bracket for a brace', account('{"balance":"1"]'), /expected a comma/],
    ['a list', '[]', /a genesis is an object/],
    ['a string for a genesis', '"alloc"', /a genesis is an object/],
    ['no alloc', '{"config":{}}', /no alloc/],
    ['an alloc that is a list', '{"alloc":[]}', /alloc is an object/],
    ['an alloc that is a string', '{"alloc":"0x"}', /alloc is an object/],
    ['an account that is a string', account('"0x1"'), /is an object/],
    ['an account that is a list', account('["0x1"]'), /is an object/],
    ['an account without a balance', account('{"nonce":"1"}'), /has no balance/],
    ['an address of 19 bytes', account('{"balance":"1"}', A.slice(0, -2)), /is not an address/],
    ['an address that is not hex', account('{"balance":"1"}', 'vitalik'), /is not hex/],
    ['a balance that is a word', account('{"balance":"much"}'), /not an integer/],
    ['a balance of 33 bytes', account(`{"balance":"0x1${'00'.repeat(32)}"}`), /more than 32 bytes/],
    ['a balance below zero', account('{"balance":-1}'), /not an integer/],
    ['a balance with a fraction', account('{"balance":1.5}'), /not an integer/],
    ['a balance that is an object', account('{"balance":{}}'), /balance is a string/],
    ['a balance of null', account('{"balance":null}'), /has no balance/],
    ['a nonce of nine bytes', account('{"balance":"1","nonce":"0x10000000000000000"}'), /more than 8 bytes/],
    ['a code of half a byte', account('{"balance":"1","code":"0x6"}'), /is not hex/],
    ['a code that is a number', account('{"balance":"1","code":6}'), /is not hex/],
    ['storage that is a list', account('{"balance":"1","storage":[]}'), /storage is an object/],
    ['storage that is a string', account('{"balance":"1","storage":"0x"}'), /storage is an object/],
    ['two allocs', `{"alloc":{},"alloc":{"${A}":{"balance":"1"}}}`, /alloc is there twice/],
    ['two allocs of different case', '{"alloc":{},"Alloc":{}}', /Alloc is there twice/],
    ['two balances', account('{"balance":"1","balance":"2"}'), /balance is there twice/],
    ['two balances, one of them null', account('{"balance":"1","Balance":null}'), /Balance is there twice/],
    ['two nonces of different case', account('{"balance":"1","nonce":1,"Nonce":2}'), /Nonce is there twice/],
    ['two codes', account('{"balance":"1","code":"0x","CODE":"0x60"}'), /CODE is there twice/],
    ['two storages', account('{"balance":"1","storage":{},"Storage":{}}'), /Storage is there twice/],
    ['two configs', '{"config":{},"CONFIG":null,"alloc":{}}', /CONFIG is there twice/],
    ['two chain ids', '{"config":{"chainId":1,"chainID":1},"alloc":{}}', /config\.chainID is there twice/],
    ['two gas limits', '{"gasLimit":1,"gaslimit":"0x1","alloc":{}}', /gaslimit is there twice/],
    ['a config that is a list', '{"config":[],"alloc":{}}', /config is an object/],
    ['a config that is a string', '{"config":"mainnet","alloc":{}}', /config is an object/],
    ['a chain id that a number cannot hold', '{"config":{"chainId":9007199254740992},"alloc":{}}', /is more than/],
    ['a state in another trie', '{"config":{"enableVerkleAtGenesis":true},"alloc":{}}', /no Merkle-Patricia trie/],
    ['a balance that is misspelt', account('{"ballance":"1","balance":"1"}'), /did you mean balance/],
    ['storage that is misspelt', account('{"balance":"1","Storages":{}}'), /did you mean storage/],
    ['text that is not UTF-8', Buffer.from('{"comment":"\xff\xfe"}', 'latin1'), /not UTF-8/],
    ['an address that is not UTF-8', Buffer.from('{"alloc":{"\xc3\x28":{}}}', 'latin1'), /not UTF-8/],
    ['a slot of 33 bytes', account(`{"balance":"1","storage":{"${'11'.repeat(33)}":"1"}}`), /32 bytes of hex/],
    ['a slot that is not hex', account('{"balance":"1","storage":{"owner":"1"}}'), /32 bytes of hex/],
    ['a slot with a number', account('{"balance":"1","storage":{"1":1}}'), /32 bytes of hex/],
    ['a slot with an object', account('{"balance":"1","storage":{"1":{}}}'), /is a string/],
  ])('error: badGenesis for %s', async (_, text, message) => {
    for (const size of [1, 4096]) {
      const error = await read(inPieces(text, size)).catch((thrown) => thrown)
      expect(error).toMatchObject({ code: 'badGenesis', details: { file: 'genesis.json' } })
      expect(error.message).toMatch(message)
    }
  })

  test('error: badGenesis, before it fills the memory, for a word without an end and for nesting without one', async () => {
    let given = 0
    function* endless(first: string, piece: string) {
      yield bytes(first)
      for (; given < 64; given++) yield bytes(piece)
    }
    const mebibyte = 'a'.repeat(2 ** 20)
    const long = await read(endless('{"comment":"', mebibyte)).catch((thrown) => thrown)
    expect(long).toMatchObject({ code: 'badGenesis', message: expect.stringMatching(/a word has more than/) })
    expect(given).toBeLessThan(8)
    for (const level of ['[', '{"a":']) {
      given = 0
      const deep = await read(endless('{"comment":', level.repeat(100_000))).catch((thrown) => thrown)
      expect(deep).toMatchObject({ code: 'badGenesis', message: expect.stringMatching(/levels are open/) })
      expect([given, deep.message.length < 500]).toEqual([0, true])
    }
  })

  test('error: badGenesis says at which byte', async () => {
    const text = account('{"balance":"much"}')
    const error = await read([bytes(text)]).catch((thrown) => thrown)
    expect(error.details.at).toBe(text.indexOf('"much"'))
  })

  test('error: a failure of the disk is not the fault of the genesis', async () => {
    const failure = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })
    const chunks = (async function* () {
      yield bytes('{')
      throw failure
    })()
    const reading = (async () => {
      for await (const _ of genesisText(chunks, 'genesis.json').records);
    })()
    await expect(reading).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringMatching(/EIO: i\/o error/),
      cause: failure,
    })
  })
})

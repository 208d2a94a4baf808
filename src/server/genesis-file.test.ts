import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
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

function inPieces(text: string, size: number): Uint8Array[] {
  const all = bytes(text)
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

  test('error: unknownGenesis where there is no such file', async () => {
    const { records } = genesisFile(join(await temporaryDirectory(), 'ropsten'))
    await expect(importInto({ records })).rejects.toMatchObject({ code: 'unknownGenesis' })
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
    ['a balance that JSON numbers cannot hold', account('{"balance":9007199254740993}'), /not an integer/],
    ['a balance that is an object', account('{"balance":{}}'), /balance is a string/],
    ['a balance of null', account('{"balance":null}'), /not an integer/],
    ['a nonce of nine bytes', account('{"balance":"1","nonce":"0x10000000000000000"}'), /more than 8 bytes/],
    ['a code of half a byte', account('{"balance":"1","code":"0x6"}'), /is not hex/],
    ['a code that is a number', account('{"balance":"1","code":6}'), /is not hex/],
    ['storage that is a list', account('{"balance":"1","storage":[]}'), /storage is an object/],
    ['storage that is a string', account('{"balance":"1","storage":"0x"}'), /storage is an object/],
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
    await expect(reading).rejects.toBe(failure)
  })
})

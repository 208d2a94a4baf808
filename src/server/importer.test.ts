import { createMPT } from '@ethereumjs/mpt'
import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { MAX_CODE_BYTES } from '../protocol/constants.ts'
import { EMPTY_ROOT_HEX, encodeAccount, encodeSlot } from '../trie/account.ts'
import { keccak256 } from '../trie/keccak.ts'
import { SequenceCursor } from '../trie/sequence.ts'
import type { ImportProgress } from './import-options.ts'
import { importState } from './importer.ts'
import { StateDatabase } from './state-database.ts'
import { type AccountDescription, recordsOf, type StateRecord } from './state-record.ts'
import { generateAccounts } from './synthetic.ts'
import { importInto, temporaryDirectory } from './temporary.suite.ts'

const address = (byte: number) => new Uint8Array(20).fill(byte)
const plain = (byte: number): StateRecord => ({ kind: 'account', address: address(byte), nonce: 0n, balance: 1n })
const slotOf = (byte: number, slot: bigint, value = 1n): StateRecord => ({
  kind: 'slot',
  address: address(byte),
  slot,
  value,
})

function word(slot: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(slot.toString(16).padStart(64, '0'), 'hex'))
}

/** Computes the root with an implementation not our own. */
async function oracleRoot(accounts: readonly AccountDescription[]): Promise<string> {
  const state = await createMPT({ useKeyHashing: true })
  for (const { nonce, balance, code = new Uint8Array(), slots, ...account } of accounts) {
    const storage = await createMPT({ useKeyHashing: true })
    for (const [slot, value] of slots) await storage.put(word(slot), encodeSlot(value))
    const leaf = { nonce, balance, storageRoot: storage.root(), codeHash: keccak256(code) }
    await state.put(account.address, encodeAccount(leaf))
  }
  return bytesToHex(state.root())
}

describe('importState', () => {
  test('default: has the root of @ethereumjs/mpt', async () => {
    const accounts = [...generateAccounts({ accounts: 500, seed: 7 })]
    const { info } = await importInto({ records: recordsOf(accounts) })
    expect(info.root).toBe(await oracleRoot(accounts))
    expect(info.accounts).toBe(500)
    expect(info.slots).toBe(accounts.reduce((sum, { slots }) => sum + slots.length, 0))
  })

  test('behavior: the order of the records does not matter, and neither does the sorter', async () => {
    const records = [...recordsOf(generateAccounts({ accounts: 300, seed: 3 }))]
    const { info } = await importInto({ records })
    for (const options of [{ records: records.toReversed() }, { records, sortMemoryBytes: 5_000 }]) {
      const other = await importInto(options)
      expect(other.info).toEqual({ ...info, id: other.info.id })
    }
  })

  test('behavior: the blocks, in the order of their keys, hold every node once, in path order', async () => {
    const { database, info } = await importInto({ records: recordsOf(generateAccounts({ accounts: 2000, seed: 5 })) })
    const paths: string[] = []
    for (const start of await database.blockStarts(info.id)) {
      const cursor = new SequenceCursor((await database.block(info.id, start))!)
      for (let first = true; cursor.next(); first = false) {
        if (first) expect(cursor.path).toBe(start)
        paths.push(cursor.path)
      }
    }
    expect(paths).toEqual([...new Set(paths)].sort())
    expect([paths.length, paths[0]]).toEqual([info.nodes, ''])
  })

  test('behavior: a code that accounts share is counted and stored once', async () => {
    const code = Uint8Array.of(1, 2, 3)
    const records = [1, 2].map((byte) => ({ ...plain(byte), code }) as StateRecord)
    const { database, info } = await importInto({ records })
    expect(info.codes).toBe(1)
    expect(await database.code(keccak256(code))).toEqual(Buffer.from(code))
    expect(await database.code(keccak256(word(1n)))).toBeUndefined()
  })

  test('behavior: a slot of zero is not stored', async () => {
    const { info } = await importInto({ records: [plain(1), slotOf(1, 5n, 0n)] })
    expect([info.slots, info.root]).toEqual([0, (await importInto({ records: [plain(1)] })).info.root])
  })

  test('behavior: a state without accounts has the empty root and no nodes', async () => {
    expect((await importInto({ records: [] })).info).toMatchObject({ root: EMPTY_ROOT_HEX, nodes: 0, bytes: 0 })
  })

  test('behavior: progress ends with everything built', async () => {
    const seen: ImportProgress[] = []
    await importInto({ records: [plain(1), plain(2)], onProgress: (progress) => seen.push(progress) })
    expect(seen.at(-1)).toEqual({ phase: 'building', records: 2, total: 2 })
  })

  test.each<[string, StateRecord[]]>([
    ['an account that is there twice', [plain(1), plain(2), plain(1)]],
    ['a slot that is there twice', [plain(1), slotOf(1, 5n), slotOf(1, 5n, 2n)]],
    ['a slot that is there twice, once as zero', [plain(1), slotOf(1, 5n, 0n), slotOf(1, 5n, 2n)]],
    ['a code that no answer can carry', [{ ...plain(1), code: new Uint8Array(MAX_CODE_BYTES + 1) } as StateRecord]],
    ['a slot of nobody', [plain(1), slotOf(2, 5n)]],
  ])('error: %s', async (_, records) => {
    await expect(importInto({ records })).rejects.toMatchObject({ code: 'badGenesis' })
    await expect(importInto({ records, sortMemoryBytes: 1 })).rejects.toMatchObject({ code: 'badGenesis' })
  })

  test('error: rootMismatch names both roots, and the state does not count', async () => {
    const { database, info } = await importInto({ records: [plain(1)] })
    const expectedRoot = '11'.repeat(32)
    await expect(importInto({ database, records: [plain(1)], expectedRoot })).rejects.toMatchObject({
      code: 'rootMismatch',
      details: { got: info.root, expected: expectedRoot },
    })
    expect(await database.states()).toEqual([info])
  })

  test('error: a signal ends it, and the state does not count', async () => {
    const stop = new AbortController()
    const onProgress = () => stop.abort(new Error('stopped'))
    const records = recordsOf(generateAccounts({ accounts: 20_000, seed: 1 }))
    const { database } = await importInto({ records: [] })
    await expect(importInto({ database, records, onProgress, signal: stop.signal })).rejects.toThrow('stopped')
    expect(await database.states()).toHaveLength(1)
  })

  test('behavior: what a killed import has left is dropped, and the next one begins anew', async () => {
    const directory = await temporaryDirectory()
    const killed = await StateDatabase.open(directory)
    const id = await killed.begin()
    await killed.write([{ type: 'put', key: `block/${id.toString(16).padStart(8, '0')}/`, value: Uint8Array.of(0) }])
    await killed.close()
    const database = await StateDatabase.open(directory)
    expect(await database.states()).toEqual([])
    expect(await database.blockStarts(id)).toEqual([])
    const scratchDirectory = await temporaryDirectory()
    const info = await importState({ database, records: [plain(1)], label: 'test', scratchDirectory })
    await database.close()
    const again = await StateDatabase.open(directory)
    expect(await again.states()).toEqual([info])
    await again.close()
  })
})

describe('StateDatabase', () => {
  test('behavior: states live side by side, and dropping one leaves the others', async () => {
    const { database, info } = await importInto({ records: [plain(1)] })
    const { info: other } = await importInto({ database, records: [plain(2)] })
    expect(await database.states()).toEqual([info, other])
    await database.drop(info.id)
    expect(await database.states()).toEqual([other])
    expect(await database.blockStarts(other.id)).toEqual([''])
    expect(await database.blockStarts(info.id)).toEqual([])
  })

  test('error: databaseInUse while another one has it open', async () => {
    const directory = await temporaryDirectory()
    const database = await StateDatabase.open(directory)
    await expect(StateDatabase.open(directory)).rejects.toMatchObject({ code: 'databaseInUse', details: { directory } })
    await database.close()
  })
})

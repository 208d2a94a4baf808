import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { createFastKeccak } from '../trie/fast-keccak.ts'
import { keccak256 } from '../trie/keccak.ts'
import { recordsOf } from './state-record.ts'
import { generateAccounts, SyntheticState } from './synthetic.ts'
import { importInto } from './temporary.suite.ts'

const many = [...generateAccounts({ accounts: 5000, seed: 9 })]
const contracts = many.filter((account) => account.code !== undefined)

describe('generateAccounts', () => {
  test('default: the same seed gives the same root, another one another', async () => {
    const rootOf = async (seed: number) => {
      const keccak = await createFastKeccak()
      return (await importInto({ records: recordsOf(generateAccounts({ accounts: 400, seed, keccak })) })).info.root
    }
    expect(await rootOf(1)).toBe(await rootOf(1))
    expect(await rootOf(2)).not.toBe(await rootOf(1))
  })

  test('behavior: a smaller state is the beginning of a larger one', () => {
    expect([...generateAccounts({ accounts: 100, seed: 9 })]).toEqual(many.slice(0, 100))
  })

  test('behavior: accounts are made when they are asked for', () => {
    const first = generateAccounts({ accounts: 2 ** 31, seed: 9 }).next()
    expect(first.value).toEqual(many[0])
  })

  test('behavior: it is shaped as real chains are', () => {
    expect(contracts.length / many.length).toBeCloseTo(0.15, 1)
    const codes = new Set(contracts.map(({ code }) => bytesToHex(code!)))
    expect(codes.size).toBeGreaterThan(100)
    expect(codes.size).toBeLessThan(contracts.length / 2)
    const sizes = contracts.map(({ slots }) => slots.length).sort((a, b) => a - b)
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThan(4)
    expect(sizes.at(-1)).toBeGreaterThan(150)
    const values = contracts.flatMap(({ slots }) => slots.map(([, value]) => value))
    expect(values.some((value) => value < 256n)).toBe(true)
    expect(values.some((value) => value >= 2n ** 248n)).toBe(true)
    expect(values.every((value) => value > 0n && value < 2n ** 256n)).toBe(true)
  })

  test('behavior: some contracts have equal storage of several slots', () => {
    const seen = new Map<string, number>()
    for (const { slots } of contracts.filter((account) => account.slots.length > 1)) {
      const text = slots.join()
      seen.set(text, (seen.get(text) ?? 0) + 1)
    }
    expect(Math.max(...seen.values())).toBeGreaterThan(3)
  })
})

describe('SyntheticState', () => {
  test('default: any account, address and slot can be derived by itself', () => {
    const state = new SyntheticState(9)
    for (const index of [4999, 0, 77]) {
      expect(state.account(index)).toEqual(many[index])
      expect(state.address(index)).toEqual(many[index]!.address)
    }
    const large = contracts.find((account) => account.slots.length > 20)!
    expect(large.slots.map(([slot]) => slot)).toEqual(large.slots.map((_, j) => state.slot(j)))
  })

  test('behavior: an address is the end of keccak(seed ‖ index), a slot behind the eighth that of a mapping', () => {
    const state = new SyntheticState(0x01020304)
    expect(state.address(5)).toEqual(keccak256(Uint8Array.of(1, 2, 3, 4, 0, 0, 0, 5)).slice(12))
    expect([state.slot(0), state.slot(7)]).toEqual([0n, 7n])
    const entry = new Uint8Array(64)
    entry[31] = 8
    expect(state.slot(8)).toBe(BigInt(`0x${bytesToHex(keccak256(entry))}`))
  })
})

describe('SyntheticState', () => {
  test.each([2 ** 32, 2 ** 32 + 1, 2 ** 40])(
    'error: %i would repeat a smaller seed, slot or account: badNumber',
    (n) => {
      const bad = expect.objectContaining({ code: 'badNumber' })
      const state = new SyntheticState(1)
      const calls = [
        () => new SyntheticState(n),
        () => generateAccounts({ accounts: 1, seed: n }),
        () => generateAccounts({ accounts: n, seed: 1 }),
        () => state.address(n),
        () => state.account(n),
        () => state.slot(n),
      ]
      for (const call of calls) expect(call).toThrow(bad)
    },
  )

  test('error: an account never has the number of a storage template', () => {
    expect(() => new SyntheticState(1).address(0xff000000)).toThrow(expect.objectContaining({ code: 'badNumber' }))
    expect(new SyntheticState(1).address(0xff000000 - 1)).toHaveLength(20)
  })
})

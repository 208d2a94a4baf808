import { Account, createAddressFromString, hexToBytes } from '@ethereumjs/util'
import { describe, expect, test } from 'vitest'
import type { CallState } from '../wallet/provider/types.ts'
import { Journal } from './journal.ts'
import { JournaledState } from './journaled-state.ts'

const ADDRESS = createAddressFromString(`0x${'a1'.repeat(20)}`)
const KEY = hexToBytes(`0x${'1'.padStart(64, '0')}`)
const FIVE = Uint8Array.of(5)
const NINE = Uint8Array.of(9)

const below: CallState = {
  account: async () => null,
  storage: async () => 7n,
  code: async () => '0x6001',
}

describe('Journal', () => {
  test('behavior: a revert takes back what was changed since its checkpoint, also by inner ones that were committed', () => {
    const journal = new Journal()
    const map = new Map<string, number>()
    journal.set(map, 'a', 1)
    journal.checkpoint()
    journal.set(map, 'a', 2)
    journal.set(map, 'b', 2)
    journal.checkpoint()
    journal.set(map, 'a', 3)
    journal.commit()
    expect([...map]).toEqual([
      ['a', 3],
      ['b', 2],
    ])
    journal.revert()
    expect([...map]).toEqual([['a', 1]])
  })

  test('behavior: an inner revert leaves what the outer one has changed', () => {
    const journal = new Journal()
    const map = new Map<string, number>()
    journal.checkpoint()
    journal.set(map, 'a', 1)
    journal.checkpoint()
    journal.set(map, 'a', 2)
    journal.revert()
    expect([...map]).toEqual([['a', 1]])
    journal.commit()
    expect([...map]).toEqual([['a', 1]])
  })

  test('behavior: checkpoints, commits and reverts touch nothing that was not changed since', () => {
    const journal = new Journal()
    let touched = 0
    class Counted extends Map<string, number> {
      override set(key: string, value: number) {
        touched++
        return super.set(key, value)
      }
    }
    const map = new Counted()
    journal.checkpoint()
    for (let i = 0; i < 1000; i++) journal.set(map, String(i), i)
    touched = 0
    for (let i = 0; i < 1000; i++) {
      journal.checkpoint()
      journal.set(map, '0', i)
      if (i % 2 === 0) journal.commit()
      else journal.revert()
    }
    // One write each, and one more for each reverted write.
    expect(touched).toBe(1500)
  })
})

describe('JournaledState', () => {
  test('behavior: reads come from the state below, writes from above it, until they are taken back', async () => {
    const state = new JournaledState(below)
    await state.checkpoint()
    expect(await state.getStorage(ADDRESS, KEY)).toEqual(hexToBytes(`0x${'7'.padStart(64, '0')}`))
    await state.putStorage(ADDRESS, KEY, FIVE)
    await state.checkpoint()
    await state.putStorage(ADDRESS, KEY, NINE)
    expect(await state.getStorage(ADDRESS, KEY)).toBe(NINE)
    await state.revert()
    expect(await state.getStorage(ADDRESS, KEY)).toBe(FIVE)
    await state.revert()
    expect(await state.getStorage(ADDRESS, KEY)).toEqual(hexToBytes(`0x${'7'.padStart(64, '0')}`))
    expect(await state.originalStorageCache.get(ADDRESS, KEY)).toEqual(hexToBytes(`0x${'7'.padStart(64, '0')}`))
  })

  test('behavior: an account that is made anew has no slots but its own, until that is taken back', async () => {
    const state = new JournaledState(below)
    await state.putStorage(ADDRESS, KEY, FIVE)
    await state.checkpoint()
    await state.clearStorage(ADDRESS)
    expect(await state.getStorage(ADDRESS, KEY)).toHaveLength(0)
    await state.putStorage(ADDRESS, KEY, NINE)
    expect(await state.getStorage(ADDRESS, KEY)).toBe(NINE)
    await state.revert()
    expect(await state.getStorage(ADDRESS, KEY)).toBe(FIVE)
  })

  test('behavior: an account that is changed and not put stays as it was', async () => {
    const state = new JournaledState(below)
    await state.putAccount(ADDRESS, new Account(1n, 5n))
    const account = await state.getAccount(ADDRESS)
    account!.balance -= 9n
    expect((await state.getAccount(ADDRESS))!.balance).toBe(5n)
    await state.deleteAccount(ADDRESS)
    expect(await state.getAccount(ADDRESS)).toBeUndefined()
    expect(await state.getCode(ADDRESS)).toHaveLength(0)
  })
})

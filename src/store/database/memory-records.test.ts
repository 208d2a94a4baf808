import { describe, expect, test } from 'vitest'
import { createMemoryStore } from '../state-store.ts'
import { storeSuite } from '../store.suite.ts'
import { MemoryRecords } from './memory-records.ts'

storeSuite(async () => {
  const records = new MemoryRecords()
  return { connect: async () => records.reopen(), dispose: async () => {} }
})

describe('createMemoryStore', () => {
  test('default: an empty store, which shares nothing with another', async () => {
    const [one, other] = [createMemoryStore(), createMemoryStore()]
    await one.target({ root: new Uint8Array(32) })
    expect((await other.target({ root: new Uint8Array(32).fill(1) })).number).toBe(1)
  })
})

describe('MemoryRecords', () => {
  test('behavior: keys come in byte order', async () => {
    const records = new MemoryRecords()
    const keys = [[2], [1, 255], [1], [1, 0]].map((bytes) => Uint8Array.from(bytes))
    await records.write(keys.map((key) => ({ kind: 'put', store: 'codes', key, value: key })))
    expect((await records.keys('codes')).map((key) => [...key])).toEqual([[1], [1, 0], [1, 255], [2]])
  })

  test('behavior: values are copied on their way in and out', async () => {
    const records = new MemoryRecords()
    const key = Uint8Array.of(1)
    const value = Uint8Array.of(1, 2, 3)
    const write = records.write([{ kind: 'put', store: 'codes', key, value }])
    value.fill(9)
    await write
    ;((await records.get('codes', key)) as Uint8Array).fill(8)
    expect(await records.get('codes', key)).toEqual(Uint8Array.of(1, 2, 3))
  })

  test('error: a write with a value that cannot be copied does nothing', async () => {
    const records = new MemoryRecords()
    const key = Uint8Array.of(1)
    const impossible = { kind: 'put', store: 'meta', key: 'x', value: (() => 1) as never } as const
    await expect(records.write([{ kind: 'put', store: 'codes', key, value: key }, impossible])).rejects.toThrow()
    expect(await records.get('codes', key)).toBeUndefined()
  })
})

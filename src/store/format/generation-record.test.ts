import { describe, expect, test } from 'vitest'
import { newGenerationRecord, putGenerationRecord, readGenerationRecord } from './generation-record.ts'

const record = newGenerationRecord(3, {
  root: new Uint8Array(32).fill(5),
  blockNumber: 17,
  scope: ['ab'.repeat(32)],
  header: Uint8Array.of(1, 2),
  dense: false,
})

describe('readGenerationRecord', () => {
  test('default: reads what was written', () => {
    const holes = [{ start: 'a7', end: 'a8g' }]
    const put = putGenerationRecord({ ...record, complete: true, holes, codeCounts: { count: 2, bytes: 300 } })
    if (put.kind !== 'put' || put.store !== 'meta') throw new Error('not a record')
    expect(readGenerationRecord(put.key, structuredClone(put.value))).toEqual({
      generation: 3,
      root: new Uint8Array(32).fill(5),
      blockNumber: 17,
      scope: ['ab'.repeat(32)],
      header: Uint8Array.of(1, 2),
      complete: true,
      holes,
      dense: false,
      codeCounts: { count: 2, bytes: 300 },
    })
  })

  const bad: readonly (readonly [rule: string, value: unknown])[] = [
    ['nothing', undefined],
    ['text', 'record'],
    ['another generation', { ...record, generation: 4 }],
    ['a generation that is no number', { ...record, generation: '3' }],
    ['a root of 31 bytes', { ...record, root: new Uint8Array(31) }],
    ['a root as text', { ...record, root: 'root' }],
    ['a negative block number', { ...record, blockNumber: -1 }],
    ['no block number', { ...record, blockNumber: undefined }],
    ['a scope of what are no entries', { ...record, scope: ['ab'] }],
    ['a header as text', { ...record, header: 'ab' }],
    ['complete as a number', { ...record, complete: 1 }],
    ['a hole that is no stretch', { ...record, holes: [1] }],
    ['a hole that ends before it starts', { ...record, holes: [{ start: 'a8', end: 'a7' }] }],
    ['a hole between what are no positions', { ...record, holes: [{ start: 'x', end: 'y' }] }],
    ['dense as a number', { ...record, dense: 1 }],
    ['no counts', { ...record, codeCounts: null }],
    ['half a count', { ...record, codeCounts: { count: 0.5, bytes: 1 } }],
  ]
  for (const [rule, value] of bad) {
    test(`error: ${rule} is null, with the right checksum or without`, () => {
      expect(readGenerationRecord('generation:3', value)).toBeNull()
      const put = putGenerationRecord({ ...record, ...(Object(value) as object) })
      if (put.kind !== 'put' || put.store !== 'meta') throw new Error('not a record')
      const isObject = typeof value === 'object'
      if (isObject) expect(readGenerationRecord('generation:3', structuredClone(put.value))).toBeNull()
    })
  }

  test('error: any other value of any field, and the record of another generation, are null', () => {
    const put = putGenerationRecord(record)
    if (put.kind !== 'put' || put.store !== 'meta') throw new Error('not a record')
    const value = put.value as Record<string, unknown>
    const others = { generation: 2, root: new Uint8Array(32).fill(4), blockNumber: null, complete: true, checksum: 1 }
    for (const [name, other] of Object.entries({ ...others, codeCounts: { count: 1, bytes: 0 }, more: 1 })) {
      expect(readGenerationRecord('generation:3', { ...value, [name]: other })).toBeNull()
    }
    for (const name of Object.keys(value)) {
      const { [name]: _, ...rest } = value
      expect(readGenerationRecord('generation:3', rest)).toBeNull()
    }
    expect(readGenerationRecord('generation:2', value)).toBeNull()
  })
})

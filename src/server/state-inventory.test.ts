import { describe, expect, test } from 'vitest'
import type { Path } from '../trie/path.ts'
import { checkOf, decodeInventory, encodeInventory, InventoryWriter, indexOfCode } from './state-inventory.ts'

const hash = (byte: number) => new Uint8Array(32).fill(byte)

function inventory() {
  const writer = new InventoryWriter()
  for (const start of ['ab', '', 'a', '0f'.repeat(64)]) writer.addBlock(start as Path, Buffer.from(`block ${start}`))
  for (const byte of [9, 3, 200]) writer.addCode(hash(byte), Uint8Array.of(byte))
  return writer.finish()
}

describe('StateInventory', () => {
  test('default: lists blocks and codes in their orders, each with its own check', () => {
    const { starts, blockChecks, codeChecks } = inventory()
    expect(starts).toEqual(['', '0f'.repeat(64), 'a', 'ab'])
    expect([...blockChecks]).toEqual(starts.map((start) => checkOf(Buffer.from(`block ${start}`))))
    expect([...codeChecks]).toEqual([3, 9, 200].map((byte) => checkOf(Uint8Array.of(byte))))
  })

  test('default: its bytes hold all of it, also of nothing', () => {
    for (const each of [inventory(), new InventoryWriter().finish()]) {
      const decoded = decodeInventory(encodeInventory(each))
      expect(decoded.starts).toEqual(each.starts)
      for (const field of ['blockChecks', 'codes', 'codeChecks'] as const) {
        expect([...decoded[field]]).toEqual([...each[field]])
      }
    }
  })

  test('behavior: a code is found by its hash, and another is not', () => {
    const each = inventory()
    expect([3, 9, 200].map((byte) => indexOfCode(each, hash(byte)))).toEqual([0, 1, 2])
    expect([0, 4, 255].map((byte) => indexOfCode(each, hash(byte)))).toEqual([-1, -1, -1])
  })
})

import { RLP } from '@ethereumjs/rlp'
import { hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countItems, RlpView } from './rlp-view.ts'

const malformed = expect.objectContaining({ code: 'malformedMessage' })
const view = (hex: string) => new RlpView(hexToBytes(hex))

type Item = Uint8Array | Item[]
const { item: anyItem } = fc.letrec<{ item: Item }>((tie) => ({
  item: fc.oneof({ maxDepth: 4 }, fc.uint8Array({ maxLength: 300 }), fc.array(tie('item'), { maxLength: 6 })),
}))

describe('RlpView', () => {
  test('default: reads what @ethereumjs/rlp writes', () => {
    fc.assert(
      fc.property(anyItem, (item) => {
        const whole = new RlpView(RLP.encode(item))
        expect(read(whole, item)).toEqual(item)
        whole.finish()
      }),
    )
  })

  test('behavior: strings are views of the bytes', () => {
    const bytes = RLP.encode([new Uint8Array(100).fill(7)])
    const string = new RlpView(bytes).list().string()
    expect(string.buffer).toBe(bytes.buffer)
    expect(string.length).toBe(100)
  })

  test.each([
    ['no item', ''],
    ['a byte below 0x80 with a header', '8100'],
    ['the largest byte below 0x80 with a header', '817f'],
    ['a string that is cut off', '820a'],
    ['a long string that is cut off', `b838${'00'.repeat(55)}`],
    ['a length below 56 in the long form', `b837${'00'.repeat(55)}`],
    ['a length with a leading zero', `b90038${'00'.repeat(56)}`],
    ['a length that is cut off', 'b9ff'],
    ['a length of four bytes', 'bbffffffff'],
    ['a length of eight bytes', `bf${'ff'.repeat(8)}`],
    ['a list', 'c0'],
  ])('error: string: %s', (_, hex) => {
    expect(() => view(hex).string()).toThrow(malformed)
  })

  test.each([
    ['a string', '80'],
    ['a byte', '00'],
    ['a list that is cut off', 'c1'],
    ['a long list that is cut off', `f838${'00'.repeat(55)}`],
    ['a length below 56 in the long form', `f837${'00'.repeat(55)}`],
    ['a length with a leading zero', `f90038${'00'.repeat(56)}`],
    ['a length of four bytes', 'fbffffffff'],
  ])('error: list: %s', (_, hex) => {
    expect(() => view(hex).list()).toThrow(malformed)
  })

  test('error: an item that ends behind its list', () => {
    expect(() => view('c28201ff').list().string()).toThrow(malformed)
  })

  test('error: finish before the end of a list', () => {
    expect(() => view('c101').list().finish()).toThrow(malformed)
  })

  test.each([
    ['80', 0],
    ['01', 1],
    ['7f', 127],
    ['8180', 128],
    ['84ffffffff', 2 ** 32 - 1],
    ['871fffffffffffff', Number.MAX_SAFE_INTEGER],
  ])('default: integer: %s', (hex, value) => {
    expect(view(hex).integer(0, Number.MAX_SAFE_INTEGER)).toBe(value)
  })

  test.each([
    ['a leading zero', '820001'],
    ['zero as a byte', '00'],
    ['above the range', '64'],
    ['below the range', '01'],
    ['2^53', '8720000000000000'],
    ['eight bytes', '880100000000000000'],
    ['a list', 'c0'],
  ])('error: integer: %s', (_, hex) => {
    expect(() => view(hex).integer(2, 99)).toThrow(malformed)
  })

  test('error: fixed: another length', () => {
    expect(() => view('820102').fixed(3)).toThrow(malformed)
    expect(view('820102').fixed(2)).toEqual(Uint8Array.of(1, 2))
  })
})

describe('countItems', () => {
  test('default: counts the items that stand one behind the other', () => {
    expect(countItems(hexToBytes('c20102c103'))).toBe(2)
    expect(countItems(new Uint8Array())).toBe(0)
  })

  test('error: bytes that are no items', () => {
    expect(() => countItems(hexToBytes('c201'))).toThrow(malformed)
  })
})

/** Reads an item of the same shape as `like`. */
function read(from: RlpView, like: Item): Item {
  if (like instanceof Uint8Array) return from.string().slice()
  const items = from.list()
  const values = like.map((item) => read(items, item))
  items.finish()
  return values
}

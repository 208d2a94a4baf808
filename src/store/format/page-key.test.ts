import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { END, type Position } from '../../trie/path.ts'
import { checksum } from './checksum.ts'
import { decodePageKey, encodePageKey, isLoose, looseKey, type PageKey } from './page-key.ts'

const count = fc.nat(2 ** 32 - 1)
const counts = fc.record({ nodes: count, bytes: count, accounts: count, slots: count })
const digits = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), maxLength: 128 })
const position: fc.Arbitrary<Position> = fc
  .tuple(digits, fc.boolean())
  .map(([path, isEnd]) => (isEnd ? path + END : path))
/** Positions with much in common: a wrong order is likely here. */
const near = fc
  .tuple(fc.constantFrom('', '0', '00', '0f', 'f', 'ff'), fc.constantFrom('', '0', 'f', END))
  .map(([a, b]) => a + b)
const generation = fc.oneof(fc.nat(2 ** 32 - 1), fc.nat(3))
const key: fc.Arbitrary<PageKey> = fc
  .tuple(generation, fc.oneof(position, near), fc.oneof(position, near), counts)
  .map(([generation, a, b, counts]) => {
    const [start = a, end = b] = [a, b].sort()
    return a === b ? looseKey(generation, a) : { generation, start, end, counts }
  })

describe('encodePageKey', () => {
  test('default: generation, start, end and counts, with zeros between them, and a checksum', () => {
    const counts = { nodes: 1, bytes: 256, accounts: 3, slots: 4 }
    const bytes = encodePageKey({ generation: 258, start: '0f', end: `a${END}`, counts })
    const expected = [0, 0, 1, 2, 1, 16, 0, 11, 17, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 3, 0, 0, 0, 4]
    expect([...bytes]).toEqual(sealed(expected))
  })

  test('behavior: byte order is the order of generation, start and end', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(Math.sign(compareBytes(encodePageKey(a), encodePageKey(b)))).toBe(compareKeys(a, b))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('decodePageKey', () => {
  test('behavior: gives back what was encoded, also from a view of a larger buffer', () => {
    fc.assert(
      fc.property(key, (key) => {
        const bytes = encodePageKey(key)
        expect(decodePageKey(bytes)).toEqual(key)
        const buffer = new Uint8Array(bytes.length + 9).fill(7)
        buffer.set(bytes, 4)
        expect(decodePageKey(buffer.subarray(4, 4 + bytes.length))).toEqual(key)
      }),
    )
  })

  test('behavior: a key that was changed anywhere is null or encodes to what it is', () => {
    fc.assert(
      fc.property(key, fc.nat(), fc.nat(255), fc.boolean(), (key, at, byte, cut) => {
        const bytes = encodePageKey(key)
        bytes[at % bytes.length] = byte
        const changed = cut ? bytes.subarray(0, at % bytes.length) : bytes
        const decoded = decodePageKey(changed)
        if (decoded !== null) expect(encodePageKey(decoded)).toEqual(changed)
      }),
      { numRuns: 2000 },
    )
  })

  test('behavior: a key in which any bit has flipped is null', () => {
    fc.assert(
      fc.property(key, (key) => {
        const bytes = encodePageKey(key)
        for (let bit = 0; bit < 8 * bytes.length; bit++) {
          bytes[bit >> 3]! ^= 1 << (bit & 7)
          expect(decodePageKey(bytes)).toBeNull()
          bytes[bit >> 3]! ^= 1 << (bit & 7)
        }
      }),
      { numRuns: 20 },
    )
  })

  const bad: readonly (readonly [rule: string, bytes: readonly number[]])[] = [
    ['no bytes', []],
    ['a generation alone', [0, 0, 0, 1]],
    ['no end', [0, 0, 0, 1, 1]],
    ['a nibble above END', [0, 0, 0, 1, 18, 0, 18]],
    ['something behind END', [0, 0, 0, 1, 17, 1, 0, 17, 1]],
    ['an end in front of its start', [0, 0, 0, 1, 2, 0, 1]],
    ['no zero behind the end', [0, 0, 0, 1, 1, 0, 1]],
    ['a loose page with counts', [0, 0, 0, 1, 1, 0, 1, 0, ...new Array(16).fill(0)]],
    ['a page without counts', [0, 0, 0, 1, 1, 0, 2, 0]],
    ['counts that are cut off', [0, 0, 0, 1, 1, 0, 2, 0, ...new Array(15).fill(0)]],
    ['a path of 129 nibbles', [0, 0, 0, 1, ...new Array(129).fill(1), 0, ...new Array(129).fill(1)]],
  ]
  for (const [rule, bytes] of bad) {
    test(`error: ${rule} is null`, () => {
      expect(decodePageKey(Uint8Array.from(sealed(bytes)))).toBeNull()
    })
  }
})

describe('isLoose', () => {
  test('default: a page that covers nothing', () => {
    expect(isLoose(looseKey(1, 'ab'))).toBe(true)
    expect(isLoose({ start: 'a', end: 'ab' })).toBe(false)
  })
})

/** Appends the right checksum. */
function sealed(bytes: readonly number[]): number[] {
  const sum = checksum(Uint8Array.from(bytes))
  return [...bytes, sum >>> 24, (sum >>> 16) & 255, (sum >>> 8) & 255, sum & 255]
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

/** Compares by generation, start and end; pages of the same stretch by their counts. */
function compareKeys(a: PageKey, b: PageKey): number {
  const text = ({ generation, start, end, counts }: PageKey) => {
    const numbers = [counts.nodes, counts.bytes, counts.accounts, counts.slots]
    const padded = numbers.map((number) => number.toString(16).padStart(8, '0')).join('')
    return `${generation.toString(16).padStart(8, '0')}${start} ${end} ${padded}`
  }
  return text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0
}

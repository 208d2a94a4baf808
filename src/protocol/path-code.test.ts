import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { END, type Path, type Position } from '../trie/path.ts'
import { decodePath, decodePosition, encodePath, encodePosition } from './path-code.ts'

const anyPath = fc
  .array(fc.constantFrom(...'0123456789abcdef'), { maxLength: 128 })
  .map((digits) => digits.join('') as Path)
const malformed = expect.objectContaining({ code: 'malformedMessage' })

describe('encodePath', () => {
  test.each([
    ['', '00'],
    ['a', '1a'],
    ['ab', '00ab'],
    ['abc', '1abc'],
    ['f'.repeat(127), 'f'.repeat(128).replace('f', '1')],
    ['f'.repeat(128), `00${'f'.repeat(128)}`],
  ])('default: %s', (path, encoded) => {
    expect(bytesToHex(encodePath(path as Path))).toBe(encoded)
    expect(decodePath(hexToBytes(encoded))).toBe(path)
  })
})

describe('decodePath', () => {
  test('default: is the inverse of encodePath', () => {
    fc.assert(fc.property(anyPath, (path) => decodePath(encodePath(path)) === path))
  })

  test('behavior: whatever it accepts has one encoding only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        let path: Path
        try {
          path = decodePath(bytes)
        } catch (error) {
          expect(error).toEqual(malformed)
          return
        }
        expect(path).toMatch(/^[0-9a-f]{0,128}$/)
        expect(encodePath(path)).toEqual(bytes)
      }),
    )
  })

  test.each([
    ['no bytes', ''],
    ['padding that is not zero', '01'],
    ['an even path with padding', '0fab'],
    ['the end flag', '20'],
    ['the end flag on an odd path', '3a'],
    ['an unknown flag', '40'],
    ['another unknown flag', '80'],
    ['129 nibbles', `1f${'ff'.repeat(64)}`],
    ['130 nibbles', `00${'ff'.repeat(65)}`],
  ])('error: %s', (_, encoded) => {
    expect(() => decodePath(hexToBytes(encoded))).toThrow(malformed)
  })
})

describe('decodePosition', () => {
  test.each([
    ['', '00'],
    [END, '20'],
    [`a${END}`, '3a'],
    [`ab${END}`, '20ab'],
  ])('default: %s', (position, encoded) => {
    expect(decodePosition(hexToBytes(encoded))).toBe(position)
    expect(bytesToHex(encodePosition(position))).toBe(encoded)
  })

  test('default: is the inverse of encodePosition', () => {
    fc.assert(
      fc.property(anyPath, fc.boolean(), (path, behind) => {
        const position: Position = behind ? path + END : path
        expect(decodePosition(encodePosition(position))).toBe(position)
      }),
    )
  })
})

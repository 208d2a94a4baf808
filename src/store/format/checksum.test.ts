import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checksum } from './checksum.ts'

describe('checksum', () => {
  test('default: is that of zlib', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => checksum(bytes) === crc32(bytes)))
  })

  test('options: stops at an end', () => {
    expect(checksum(Uint8Array.of(1, 2, 3), 2)).toBe(checksum(Uint8Array.of(1, 2)))
  })
})

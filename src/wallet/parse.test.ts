import { describe, expect, test } from 'vitest'
import { parseRoot, parseTrust } from './parse.ts'

const HASH = `0x${'ab'.repeat(32)}`
const coded = (code: string) => expect.objectContaining({ code })

describe('parseTrust', () => {
  test('default: a root, with its number or without', () => {
    const root = new Uint8Array(32).fill(0xab)
    expect(parseTrust({ root: HASH })).toEqual({ root, blockNumber: undefined })
    expect(parseTrust({ root: HASH, blockNumber: 7 })).toEqual({ root, blockNumber: 7 })
  })

  test('options: a block, with its header or without', () => {
    const block = new Uint8Array(32).fill(0xab)
    expect(parseTrust({ block: HASH })).toEqual({ block, header: undefined })
    expect(parseTrust({ block: HASH, header: '0xc0' })).toEqual({ block, header: Uint8Array.of(0xc0) })
  })

  test.each([
    [{}, 'badRootText'],
    [{ root: '0x1' }, 'badRootText'],
    [{ block: '0x1' }, 'badBlockHash'],
    [{ root: HASH, block: HASH }, 'badTarget'],
    [{ block: HASH, blockNumber: 7 }, 'badTarget'],
    [{ root: HASH, header: '0xc0' }, 'badTarget'],
    [{ block: HASH, header: '0x' }, 'badHeader'],
    [{ block: HASH, header: 'c0' }, 'badHeader'],
    [{ root: HASH, blockNumber: -1 }, 'badNumber'],
  ])('error: %j', (input, code) => {
    expect(() => parseTrust(input)).toThrow(coded(code))
  })
})

describe('parseRoot', () => {
  test('default: 32 bytes', () => {
    expect(parseRoot(HASH)).toEqual(new Uint8Array(32).fill(0xab))
  })

  test.each([
    HASH.slice(2),
    HASH.slice(0, -2),
    `${HASH}00`,
    `0x${'zz'.repeat(32)}`,
    '',
    undefined as unknown as string,
  ])('error: %s', (root) => {
    expect(() => parseRoot(root)).toThrow(coded('badRootText'))
  })
})

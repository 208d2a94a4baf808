import { encodeAbiParameters, encodeErrorResult, hexToBytes, parseAbi } from 'viem'
import { describe, expect, test } from 'vitest'
import { revertReason } from './revert-reason.ts'

const abi = parseAbi(['error Error(string)', 'error Panic(uint256)'])
const word = (value: bigint) => value.toString(16).padStart(64, '0')
const TEXT = Buffer.from('why').toString('hex').padEnd(64, '0')
const error = (words: string) => hexToBytes(`0x08c379a0${words}`)

describe('revertReason', () => {
  test('default: reads what viem encodes', () => {
    const bytes = hexToBytes(encodeErrorResult({ abi, errorName: 'Error', args: ['why ✓'] }))
    expect(revertReason(bytes)).toBe('why ✓')
    expect(revertReason(hexToBytes(encodeErrorResult({ abi, errorName: 'Panic', args: [0x11n] })))).toMatch(/overflow/)
    expect(encodeAbiParameters([{ type: 'string' }], ['why'])).toBe(`0x${word(32n)}${word(3n)}${TEXT}`)
  })

  test('behavior: the text is where its offset says', () => {
    expect(revertReason(error(word(64n) + word(99n) + word(3n) + TEXT))).toBe('why')
    expect(revertReason(error(word(0n) + TEXT))).toBe('')
  })

  test.each<[string, string]>([
    ['an offset beyond the end', word(96n) + word(3n) + TEXT],
    ['an offset of 2^255', word(2n ** 255n) + word(3n) + TEXT],
    ['a length beyond the end', word(32n) + word(33n) + TEXT],
    ['a length of 2^255', word(32n) + word(2n ** 255n) + TEXT],
    ['no length', word(32n)],
    ['nothing', ''],
  ])('error: %s is no reason', (_, words) => {
    expect(revertReason(error(words))).toBe(null)
  })
})
